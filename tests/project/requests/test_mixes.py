"""A mix of requests becomes a workload that every stack is put to."""

from __future__ import annotations

from evidence import numbers_in
from timetrial.model.load import ThinkTime
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.mix import Mix, distinct
from timetrial.project.requests.workload import notes_on, workload_of


def test_a_weight_is_how_often_a_request_stands_in_the_workload() -> None:
    mix = Mix((Request("/", weight=2), Request("/items", name="items")), name="2 paths")
    workload = workload_of(mix, {"asgi", "wsgi"})
    assert workload.name == "2 paths"
    assert [step.label for step in workload.steps] == ["GET /", "items", "GET /"]
    assert workload.interfaces == {"asgi", "wsgi"}
    assert workload.distinct() == ((0, 2), (1,))


def test_a_scenario_keeps_its_steps_and_think_times_whatever_their_weights() -> None:
    think = ThinkTime(low_s=0.2)
    steps = (
        Request("/", think=think, weight=7),
        Request("/buy", method="POST", body=b"a=1"),
        Request("/"),
    )
    workload = workload_of(Mix(steps, "scenario", "shop.toml"), {"wsgi"})
    assert [step.label for step in workload.steps] == ["GET /", "POST /buy", "GET /"]
    assert workload.steps[0].think == think
    assert workload.steps[1].body == "a=1"
    assert workload.distinct() == ((0,), (1,), (2,))


def test_think_times_are_of_users_alone() -> None:
    step = Request("/", think=ThinkTime(low_s=0.2))
    (note,) = notes_on(Mix((step,), "scenario"))
    assert note.startswith("Think times")
    assert not list(notes_on(Mix((Request("/", weight=9),), "scenario")))


def test_what_the_user_expects_is_expected() -> None:
    expect = Expectation(302)
    (step,) = workload_of(Mix((Request("/", expect=expect),)), {"wsgi"}).steps
    assert step.expect == expect


def test_shares_that_cannot_be_exact_are_noted() -> None:
    mix = Mix((Request("/", weight=99), Request("/rare")))
    (note,) = notes_on(mix)
    assert numbers_in(note) == [64, 0.56]
    assert not list(notes_on(Mix((Request("/", weight=3), Request("/rare")))))


def test_what_is_too_rare_to_be_sent_is_noted() -> None:
    mix = Mix((Request("/", weight=9_999), Request("/rare")))
    *_, note = notes_on(mix)
    assert numbers_in(note) == [0.01]
    assert note.endswith("GET /rare.")


def test_requests_are_the_same_where_the_same_is_sent() -> None:
    one, other = Request("/", name="one", weight=2), Request("/", name="other")
    with_header = Request("/", headers=(("Accept", "text/html"),))
    assert distinct([one, other, with_header, one]) == (one, with_header)
