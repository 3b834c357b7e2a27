"""Configurations are written down as people read them, and what is not known says so."""

from __future__ import annotations

import dataclasses

import pytest

from configurations import A_VIEW, SOME_SETTINGS, a_configuration
from evidence import numbers_in
from timetrial.analysis import config_labels
from timetrial.model.effective_config import KeepAlive, Listening


def test_a_stack_is_written_down() -> None:
    facts = config_labels.stack_facts(a_configuration())
    assert facts["event loop"] == "uvloop.Loop"
    assert facts["workers"] == "2"
    assert facts["processes"].split(", ") == ["1 python", "2 uvicorn"]
    assert facts["listen queue"] == "2048"
    assert facts["TCP_NODELAY"] == "on"


def test_missing_workers_are_shown_beside_the_declared_number() -> None:
    assert config_labels.stack_facts(a_configuration(workers=1))["workers"] == "1 (asked: 2)"


@pytest.mark.parametrize(
    ("observed", "text"),
    [
        (None, "not shown"),
        (KeepAlive(0, 10), "not shown"),
        (KeepAlive(10, 10), "10 of 10 requests on one connection"),
        (KeepAlive(1, 10, announced=True), "closes after 1, and says so"),
        (KeepAlive(3, 10), "closes after 3, and does not say so"),
    ],
)
def test_keep_alive_is_shown_as_it_was_observed(observed: KeepAlive | None, text: str) -> None:
    seen = dataclasses.replace(a_configuration(), keep_alive=observed)
    assert config_labels.stack_facts(seen)["keep-alive"] == text


def test_what_could_not_be_inspected_is_left_out() -> None:
    facts = config_labels.stack_facts(a_configuration(inside=None))
    assert not {"Python", "event loop", "workers"} & facts.keys()
    assert config_labels.variables(a_configuration(inside=None)) == {}


def test_what_does_not_show_is_not_shown() -> None:
    hidden = dataclasses.replace(
        a_configuration(inside=dataclasses.replace(A_VIEW, event_loop=None, http_parser=None)),
        tcp_nodelay=None,
        listening=None,
    )
    facts = config_labels.stack_facts(hidden)
    assert facts["event loop"] == "none"
    assert {facts[label] for label in ("HTTP parser", "TCP_NODELAY", "listen queue")} == {
        "not shown"
    }


def test_sockets_that_share_a_port_are_counted() -> None:
    shared = dataclasses.replace(a_configuration(), listening=Listening(2, 512))
    assert numbers_in(config_labels.stack_facts(shared)["listen queue"]) == [512, 2]


def test_a_quota_and_a_limit_have_their_units() -> None:
    settings = dataclasses.replace(SOME_SETTINGS, cpu_quota=1.5, memory_limit_bytes=1 << 30)
    facts = config_labels.settings_facts(settings)
    assert facts["CPU quota"] == "1.5 CPUs"
    assert facts["memory limit"] == "1.00 GiB"
    assert config_labels.settings_facts(SOME_SETTINGS)["CPU quota"] == "none"


def test_packages_are_matched_by_normalized_name() -> None:
    assert config_labels.packages(["Django==5.2", "typing_extensions==4"]) == {
        "django": "5.2",
        "typing-extensions": "4",
    }
