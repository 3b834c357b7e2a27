"""A race that goes on is given its secrets again, and says which one lacks or is another."""

from __future__ import annotations

import dataclasses

import pytest

from races import a_race
from timetrial.features.race.resume import (
    GivenSecrets,
    difference,
    other_answer,
    unlike_given,
    unlike_requests,
)
from timetrial.features.race.suite import with_workload, workload_in
from timetrial.model.plan import plan
from timetrial.model.secret import Place
from timetrial.model.suite import DraftSuite
from timetrial.model.workload import Expectation, Step, Workload
from timetrial.store.secrets import Origins, Secrets

SENT = Step(
    {"wsgi": "/?token=raspberry"},
    Expectation(body="Welcome"),
    headers={"Cookie": "session=1"},
    body="q=1&password=blackberry",
)
VARIABLE: tuple[Place, str] = ("variable", "SECRET_KEY")
IN_FILE: tuple[Place, str] = ("variable", "STRIPE_SK")
SERVICE: tuple[Place, str] = ("service", "redis")
GIVEN: GivenSecrets = {VARIABLE: "k", IN_FILE: "s", SERVICE: "redis://h/0"}


def requested(step: Step = SENT) -> DraftSuite:
    return with_workload(a_race(rounds=1).plan.suite, Workload("all", (step,)))


def begun() -> DraftSuite:
    held = Secrets(origins=Origins("--path", frozenset({"cookie"})))
    references = (
        held.reference("variable", "SECRET_KEY", "k", "--env"),
        held.reference("variable", "STRIPE_SK", "s", "--env-file .env"),
        held.reference("service", "redis", "redis://h/0", "--redis"),
    )
    suite = dataclasses.replace(a_race(rounds=1).plan.suite, secrets=references)
    suite = dataclasses.replace(suite, benchmarks=requested().benchmarks)
    return held.sealed(plan(suite, 1)).suite


def unlike(
    begun_then: DraftSuite, requested_now: DraftSuite, given: GivenSecrets = GIVEN
) -> str | None:
    hide = Secrets(["blackberry"]).hidden
    return unlike_given(begun_then, given) or unlike_requests(begun_then, requested_now, hide)


def test_a_known_secret_in_a_path_or_any_header_is_no_other_race() -> None:
    step = Step({"wsgi": "/blackberry"}, headers={"X-Shop": "key blackberry"})
    benchmarks = requested(step).benchmarks
    suite = dataclasses.replace(a_race(rounds=1).plan.suite, benchmarks=benchmarks)
    stored = Secrets(["blackberry"]).sealed(plan(suite, 1)).suite
    (kept,) = workload_in(stored).steps
    assert (kept.label, kept.headers) == ("GET /***", {"X-Shop": "key ***"})
    again = Secrets(["blackberry"])
    assert difference(again.shown(stored), again.shown(requested(step))) is None
    assert unlike(stored, requested(step), {}) is None


def test_the_same_secrets_go_on() -> None:
    assert unlike(begun(), requested()) is None
    assert unlike(requested(), requested(), {}) is None, "a run of before has no references"


NO_COOKIE = dataclasses.replace(SENT, headers={})
OTHER_COOKIE = dataclasses.replace(SENT, headers={"Cookie": "session=2"})
OTHER_TOKEN = dataclasses.replace(SENT, paths={"wsgi": "/?token=strawberry"})
OTHER_BODY = dataclasses.replace(SENT, body="q=1")
MORE_HEADERS = dataclasses.replace(SENT, headers={"Cookie": "session=1", "Accept": "a"})


@pytest.mark.parametrize(
    ("step", "given", "what", "typed"),
    [
        (OTHER_COOKIE, GIVEN, "the header Cookie", "--header 'Cookie: …'"),
        (OTHER_TOKEN, GIVEN, "a token of GET /?token=***", "--path …"),
        (OTHER_BODY, GIVEN, "the body of GET /?token=***", "--path …"),
        (SENT, {**GIVEN, VARIABLE: "other"}, "the variable SECRET_KEY", "--env SECRET_KEY=…"),
        (SENT, {**GIVEN, IN_FILE: "other"}, "the variable STRIPE_SK", "--env-file .env"),
        (SENT, {**GIVEN, SERVICE: "redis://h/1"}, "the URL of redis", "--redis URL"),
    ],
)
def test_a_secret_that_differs_is_named_with_what_to_type(
    step: Step, given: GivenSecrets, what: str, typed: str
) -> None:
    found = unlike(begun(), requested(step), given)
    assert found == f"was begun with another value of {what}; give the same again: {typed}"


@pytest.mark.parametrize(
    ("step", "lacks", "what", "typed"),
    [
        (NO_COOKIE, None, "the header Cookie", "--header 'Cookie: …'"),
        (SENT, VARIABLE, "the variable SECRET_KEY", "--env SECRET_KEY=…"),
        (SENT, IN_FILE, "the variable STRIPE_SK", "--env-file .env"),
        (SENT, SERVICE, "the URL of redis", "--redis URL"),
    ],
)
def test_a_secret_that_lacks_is_named_with_what_to_type(
    step: Step, lacks: tuple[Place, str] | None, what: str, typed: str
) -> None:
    given = {key: value for key, value in GIVEN.items() if key != lacks}
    found = unlike(begun(), requested(step), given)
    assert found == f"was begun with {what}, whose value is not stored; give it again: {typed}"


def test_requests_of_a_log_that_were_left_out_are_no_other_race() -> None:
    log = with_workload(requested(), Workload("log", (SENT, Step({"wsgi": "/gone"}), SENT)))
    assert unlike(begun(), log) is None
    assert difference(begun(), log, from_log=True) is None
    assert (difference(begun(), log) or "").startswith("the requests: GET /?token=*** then")
    assert "then, GET /?token=***, GET /gone, GET" in (
        other_answer(workload_in(begun()), workload_in(log)) or ""
    )


def test_further_headers_are_another_race() -> None:
    found = unlike(begun(), requested(MORE_HEADERS))
    assert found == "is another race; the headers: Cookie: *** then, Cookie: ***, Accept: a now"


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        (Expectation(body="Welcome"), None),
        (Expectation(body_template="Welc{*}"), None),
        (Expectation(body="Good-bye"), "GET /?token=*** answers with another body than when"),
        (Expectation(302, ""), "GET /?token=*** answers status 302, where it was 200"),
    ],
)
def test_other_answers_than_at_the_beginning_are_named(
    expect: Expectation, what: str | None
) -> None:
    now = Workload("all", (dataclasses.replace(SENT, expect=expect),))
    for before in (workload_in(begun()), workload_in(requested())):
        found = other_answer(before, now)
        assert found is None if what is None else (found or "").startswith(what)
