"""A store that is written while a run is measured: references in it, values beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from runs import A_MACHINE, a_failure, a_suite
from timetrial.model.plan import Plan, plan
from timetrial.model.secret import SecretReference
from timetrial.model.workload import Expectation, Step, Workload
from timetrial.store.secrets import Origins, Secrets, SecretStore
from timetrial.store.store import Store

COOKIE, TOKEN, PASSWORD = "session=chocolate", "raspberry", "blackberry"
SENT = Step(
    paths={"wsgi": f"/items?token={TOKEN}&page=1", "asgi": f"/items?token={TOKEN}&page=1"},
    method="POST",
    headers={"Cookie": COOKIE, "Accept": "text/html", "X-Shop": f"key {PASSWORD}"},
    body=f"user=me&password={PASSWORD}",
    expect=Expectation(201, "Welcome"),
)
PAGE = Step({"wsgi": "/", "asgi": "/"}, Expectation(body_template="Hello {*}, and bye"))
KEPT = Step({"wsgi": "/logo", "asgi": "/logo"}, Expectation(body_bytes=7))


def planned(*steps: Step) -> Plan:
    suite = a_suite(["uvicorn", "waitress"], rounds=1)
    benchmarks = tuple(
        dataclasses.replace(b, workload=Workload("all", steps or (SENT, PAGE, KEPT)))
        for b in suite.benchmarks
    )
    return plan(dataclasses.replace(suite, benchmarks=benchmarks), 1)


def held() -> Secrets:
    return Secrets([PASSWORD], Origins("--requests mix.jsonl", frozenset({"cookie"})))


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "timetrial.db") as store:
        yield store


def kept(store: Store, secrets: Secrets, wanted: Plan | None = None) -> int:
    live = SecretStore(store, secrets)
    return live.create_run(wanted or planned(), A_MACHINE, [], "0", "2026-11-30T00:00:00")


def test_a_run_is_measured_with_what_the_store_has_references_to(store: Store) -> None:
    secrets = held()
    number = kept(store, secrets)
    assert SecretStore(store, secrets).load(number).plan == planned()
    sent, page, logo = store.load(number).plan.suite.benchmarks[0].workload.steps
    assert sent.paths["wsgi"] == "/items?token=***&page=1"
    assert sent.headers == {"Cookie": "***", "Accept": "text/html", "X-Shop": "key ***"}
    assert sent.body == "user=me&password=***"
    assert (sent.expect, page.expect) == (Expectation(201, body_bytes=7), Expectation())
    assert logo == KEPT, "what is no secret stays as it is"
    origins = {(r.place, r.name): r.origin for r in (*sent.secrets, *page.secrets)}
    assert origins == {
        ("path", "wsgi"): "--requests mix.jsonl",
        ("path", "asgi"): "--requests mix.jsonl",
        ("header", "Cookie"): "--header",
        ("header", "X-Shop"): "--requests mix.jsonl",
        ("body", ""): "--requests mix.jsonl",
        ("expected body", ""): "",
        ("expected template", ""): "",
    }


def test_a_reference_knows_its_value_and_no_two_runs_have_the_same(store: Store) -> None:
    def cookie(secrets: Secrets) -> SecretReference:
        (step,) = (
            store.load(kept(store, secrets, planned(SENT))).plan.suite.benchmarks[0].workload.steps
        )
        return next(r for r in step.secrets if r.name == "Cookie")

    first, second = cookie(held()), cookie(held())
    assert first.matches(COOKIE)
    assert second.matches(COOKIE)
    assert not first.matches(f"{COOKIE} ")
    assert first.digest != second.digest


def test_texts_of_records_lose_what_was_sent_and_given(store: Store) -> None:
    secrets = held()
    number = kept(store, secrets)
    tail = f"cookie chocolate, token {TOKEN}\nlogin with {PASSWORD}\nall else"
    SecretStore(store, secrets).add_failure(number, dataclasses.replace(a_failure(), log_tail=tail))
    (failure,) = store.load(number).failures
    assert failure.log_tail == "cookie ***, token ***\nlogin with ***\nall else"


def test_names_that_records_refer_to_stay_even_where_a_secret_is_one(store: Store) -> None:
    secrets = Secrets(["waitress", "uvicorn-secret"])
    number = kept(store, secrets)
    suite = store.load(number).plan.suite
    assert [stack.name for stack in suite.stacks] == ["uvicorn", "waitress"]
    assert secrets.hidden("waitress uvicorn-secret") == "waitress ***"


def test_a_resumed_run_sends_what_was_given_again(store: Store) -> None:
    number = kept(store, held())
    stored = store.load(number).plan.suite.benchmarks[0].workload
    again = held()
    sent = Workload("all", (SENT, KEPT, PAGE))
    again.resume(stored, sent)
    assert SecretStore(store, again).load(number).plan.suite.benchmarks[0].workload == sent


def test_runs_of_before_are_read_as_they_are(store: Store) -> None:
    number = store.create_run(planned(), A_MACHINE, [], "0", "2026-11-30T00:00:00")
    assert SecretStore(store, held()).load(number).plan == planned()


def test_words_that_records_are_made_of_stay(store: Store) -> None:
    """As a phase of a failure: with another word it could not be read again."""
    secrets = Secrets([a_failure().phase, "connections"])
    number = kept(store, secrets)
    tail = f"no {a_failure().phase}"
    SecretStore(store, secrets).add_failure(number, dataclasses.replace(a_failure(), log_tail=tail))
    (failure,) = store.load(number).failures
    assert failure.phase == a_failure().phase
    assert store.load(number).plan.suite.stacks == planned().suite.stacks
