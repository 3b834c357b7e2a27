"""Passwords are in no form of a report, and nothing that acts on a terminal."""

from __future__ import annotations

import dataclasses

import pytest
import scenes

from runs import a_failure, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.features.run_report import ADDITIONS
from timetrial.model.summary import Summary
from timetrial.model.workload import Step, Workload
from timetrial.reports.formats import TEXTS
from timetrial.reports.redaction import masked
from timetrial.reports.workload_text import what_is_asked

SECRET = "hunter2secret"  # noqa: S105 - what must not be seen
URL = f"postgres://app:{SECRET}@db.example/shop"


def secretive() -> Summary:
    suite = a_suite(["uvicorn", "waitress"])
    stacks = tuple(dataclasses.replace(s, env={"DATABASE_URL": URL}) for s in suite.stacks)
    failure = dataclasses.replace(
        a_failure(),
        reason=f"cannot connect to {URL}",
        log_tail=f"trying {URL}\npassword {SECRET} was refused",
    )
    return summarize(a_run(dataclasses.replace(suite, stacks=stacks), failures=[failure]))


@pytest.mark.parametrize("form", TEXTS)
def test_no_form_shows_a_password(form: str) -> None:
    text = TEXTS[form].written(secretive(), ADDITIONS)
    assert SECRET not in text


@pytest.mark.parametrize("form", TEXTS)
def test_no_form_has_what_acts_on_a_terminal(form: str) -> None:
    failure = dataclasses.replace(
        a_failure(), reason="raised \x1b[2J", log_tail="Error: \x9b2J\r\u202egnp.exe\n"
    )
    summary = summarize(a_run(a_suite(["uvicorn", "waitress"]), failures=[failure]))
    text = TEXTS[form].written(summary, ADDITIONS)
    assert not {*"\x1b\x9b\u202e"} & {*text}


def test_the_user_and_the_host_may_be_seen() -> None:
    (failure,) = masked(secretive()).run.failures
    (told,) = secretive().run.failures
    assert failure.reason == told.reason.replace(SECRET, "***")
    assert failure.reason.endswith(" postgres://app:***@db.example/shop")


def test_a_run_without_secrets_is_what_it_was() -> None:
    summary = scenes.troubled()
    assert masked(summary) == summary
    assert masked(summary).tables is summary.tables


@pytest.mark.parametrize("form", TEXTS)
def test_no_form_shows_credentials_of_requests_and_variables(form: str) -> None:
    suite = a_suite(["uvicorn", "waitress"])
    step = Step(
        paths={"wsgi": f"/json?api_key={SECRET}", "asgi": f"/json?api_key={SECRET}"},
        headers={"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}"},
    )
    benchmarks = tuple(
        dataclasses.replace(b, workload=dataclasses.replace(b.workload, steps=(step,)))
        for b in suite.benchmarks
    )
    stacks = tuple(dataclasses.replace(s, env={"STRIPE_SK": SECRET}) for s in suite.stacks)
    failure = dataclasses.replace(a_failure(), log_tail=f"GET /\nX-Api-Key: {SECRET}\nAccept: a")
    suite = dataclasses.replace(suite, stacks=stacks, benchmarks=benchmarks)
    text = TEXTS[form].written(summarize(a_run(suite, failures=[failure])), ADDITIONS)
    assert SECRET not in text


def test_a_path_is_told_without_its_token() -> None:
    workload = Workload.of("all", {"wsgi": f"/?token={SECRET}", "asgi": f"/?token={SECRET}"})
    assert what_is_asked(workload) == "/?token=***"
