"""The function behind `timetrial capacity`."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.drivers.driver import SessionConfig
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Responder
from timetrial.features.capacity.events import Starting
from timetrial.machine.placement import Placement
from timetrial.machine.ports import free_port
from timetrial.model.errors import BadInput, BadTarget, StackFailed
from timetrial.verbs.capacity import CapacityVerbEvent, Means, capacity, url_target
from timetrial.verbs.options.capacity import CapacityOptions

ANYWHERE = "http://127.0.0.1:9/"
MEANS = Means(SessionConfig(4, (), 2.0), NativeDriver(), Placement((0,), (1,)))
SCENARIO = """
[[steps]]
path = "/items"
think_ms = 800

[[steps]]
path = "/items/7"
"""


def test_an_interrupted_search_returns_what_is_known_by_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events: list[CapacityVerbEvent] = []

    def interrupt(event: CapacityVerbEvent) -> None:
        events.append(event)
        if not isinstance(event, Starting):
            raise KeyboardInterrupt

    with Responder() as responder:
        url = f"http://{responder.address}/"
        options = CapacityOptions(
            app=url, slo="p99<1s", max_connections=4, start_rate=100.0, at_least=50.0, seed=1
        )
        found = capacity(options, interrupt)
    assert events[0] == Starting(0)
    assert found.taken.ending == "interrupted"
    assert found.taken.target == f"GET {url}"
    assert found.asked is not None
    assert found.asked.held == "cannot tell"
    assert capsys.readouterr() == ("", "")


def test_a_dead_port_is_a_failure_of_the_server() -> None:
    with pytest.raises(StackFailed, match="accepts no connection"):
        capacity(CapacityOptions(app=f"http://127.0.0.1:{free_port()}/", slo="p99<1s"))


def test_another_machine_is_refused_without_a_word_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BadTarget, match=r"--allow-remote 192\.0\.2\.1"):
        capacity(CapacityOptions(app="http://192.0.2.1/", slo="p99<1s"))
    assert capsys.readouterr() == ("", "")


def test_think_times_of_a_scenario_are_said_to_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(SCENARIO)
    options = CapacityOptions(app="http://127.0.0.1:8000", slo="p99<1s", scenario_file=file)
    with url_target(MEANS, options, lambda _event: None) as aimed:
        assert any("(0.8 s" in n for n in aimed.notes)


def test_user_and_password_of_the_url_are_sent_and_in_no_title() -> None:
    options = CapacityOptions(app="http://me:hush-hush@127.0.0.1:8000/a", slo="p99<1s")
    with url_target(MEANS, options, lambda _event: None) as aimed:
        (request,) = aimed.subject.begin(0).requests
        assert dict(request.headers)["Authorization"].startswith("Basic ")
        assert aimed.title == "GET http://***@127.0.0.1:8000/a"


def test_options_of_the_other_kind_of_target_are_refused_by_the_record() -> None:
    with pytest.raises(BadInput, match="--threads is"):
        CapacityOptions(app=ANYWHERE, slo="p99<1s", threads=4)
    with pytest.raises(BadInput, match="--insecure is"):
        CapacityOptions(app="shop:app", server="waitress", slo="p99<1s", insecure=True)
    with pytest.raises(BadInput, match="'shop:app' is no URL"):
        CapacityOptions(app="shop:app", slo="p99<1s")


def test_an_objective_beyond_the_timeout_is_refused_by_the_record() -> None:
    with pytest.raises(BadInput, match="--timeout"):
        CapacityOptions(app=ANYWHERE, slo="p99<20s")
