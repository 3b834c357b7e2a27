"""Of several opinions that of most stacks counts; who differs is told apart from who fails."""

from __future__ import annotations

import re

from evidence import numbers_in
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.body_pattern import BodyPattern
from timetrial.project.requests.consensus import consensus
from timetrial.project.requests.sample import Sample, merged

HOME = Request("/")
HTML = {"content-type": "text/html; charset=utf-8"}


def sample(*bodies: str, status: int = 200, **headers: str) -> Sample:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sample(
        (status,) * len(bodies), tuple(map(str.encode, bodies)), {**HTML, **given}, took_s=0.001
    )


def test_stacks_that_answer_the_same_agree() -> None:
    found = consensus(HOME, {"a": sample("x y", "x y"), "b": sample("x y", "x y")})
    assert found.reference == "a"
    assert found.pattern == BodyPattern((b"x y",))
    assert not found.differing
    assert not found.out


def test_the_opinion_of_most_stacks_counts() -> None:
    found = consensus(HOME, {"a": sample("odd"), "b": sample("even"), "c": sample("even")})
    assert found.reference == "b"
    assert found.differing.keys() == {"a"}
    assert numbers_in(found.differing["a"]) == [0]
    assert found.differing["a"].endswith("'odd' instead of 'even'")


def test_of_two_opinions_neither_is_called_right() -> None:
    found = consensus(HOME, {"a": sample("this page"), "b": sample("that page")})
    assert found.reference == "a"
    assert found.against == {"a": ("b",), "b": ("a",)}
    assert found.differing["a"].endswith("'this page' instead of 'that page'")
    assert found.differing["b"].endswith("'that page' instead of 'this page'")


def test_a_majority_is_against_nobody() -> None:
    found = consensus(HOME, {"a": sample("odd"), "b": sample("even"), "c": sample("even")})
    assert not found.against


def test_what_differs_between_processes_of_one_stack_is_held_against_none() -> None:
    first = sample("made by 3 for you, dear", "made by 3 for you, dear")
    fresh = sample("made by 5 for you, dear", "made by 5 for you, dear")
    both = merged(HOME, [first, fresh])
    assert both.by_process
    odd = sample("made by 8 for you, dear", "made by 8 for you, dear")
    found = consensus(HOME, {"a": first, "b": first, "c": both, "d": odd})
    assert found.by_process
    assert not found.differing
    assert found.pattern == BodyPattern((b"made by ", b" for you, dear"))


def test_too_little_in_common_between_processes_tells_nothing_of_any_stack() -> None:
    both = merged(HOME, [sample("alpha,beta"), sample("beta,alpha")])
    found = consensus(HOME, {"a": sample("alpha,beta"), "b": sample("beta,alpha"), "c": both})
    assert not found.differing
    assert found.pattern is None


def test_a_process_that_answers_well_counts_more_than_one_that_does_not() -> None:
    good = merged(HOME, [sample("", status=500), sample("x")])
    assert (good.status, good.bodies, good.by_process) == (200, (b"x",), False)


def test_whoever_has_another_status_is_out() -> None:
    found = consensus(HOME, {"a": sample("", status=404), "b": sample("x"), "c": sample("x")})
    assert found.out.keys() == {"a"}
    assert numbers_in(found.out["a"]) == [404, 200]
    assert not found.differing


def test_an_answer_that_was_wanted_counts_more_than_many_that_were_not() -> None:
    failing = {name: sample("", status=500) for name in "abc"}
    found = consensus(HOME, {**failing, "d": sample("x")})
    assert found.reference == "d"
    assert list(found.out) == ["a", "b", "c"]


def test_another_success_is_another_status() -> None:
    found = consensus(HOME, {"a": sample("x"), "b": sample("x"), "c": sample("x", status=201)})
    assert list(found.out) == ["c"]


def test_a_status_that_changes_is_out() -> None:
    unsteady = Sample((200, 409), (b"x", b"x"), HTML, 0.001)
    found = consensus(HOME, {"a": sample("x", "x"), "b": unsteady})
    assert found.out.keys() == {"b"}
    assert numbers_in(found.out["b"]) == [200, 409, 200]


def test_content_types_are_compared_whatever_their_writing() -> None:
    same = sample("x", content_type="Text/HTML;charset=UTF-8")
    other = sample("x", content_type="text/plain")
    found = consensus(HOME, {"a": sample("x"), "b": same, "c": other})
    assert found.differing.keys() == {"c"}
    assert found.differing["c"].startswith("content type 'text/plain'")


def test_content_encodings_are_compared() -> None:
    found = consensus(HOME, {"a": sample("x"), "b": sample("x", content_encoding="gzip")})
    assert found.differing.keys() == {"a", "b"}
    assert found.differing["b"].startswith("content encoding 'gzip'")


def test_other_headers_are_volatile() -> None:
    found = consensus(HOME, {"a": sample("x", date="1", server="a"), "b": sample("x", date="2")})
    assert not found.differing


def test_what_changes_from_answer_to_answer_is_no_difference_between_stacks() -> None:
    found = consensus(
        HOME,
        {
            "a": sample("hi, your token is t0k3n", "hi, your token is 4n07h3r"),
            "b": sample("hi, your token is y37", "hi, your token is m0r3"),
        },
    )
    assert not found.differing
    assert found.pattern == BodyPattern((b"hi, your token is ", b""))


def test_what_was_the_same_twice_by_chance_is_no_difference() -> None:
    found = consensus(
        HOME,
        {"a": sample("you drew a 7", "you drew a 7"), "b": sample("you drew a 2", "you drew a 9")},
    )
    assert not found.differing
    assert found.pattern == BodyPattern((b"you drew a ", b""))


def test_what_differs_on_every_stack_is_nobodys_fault() -> None:
    found = consensus(
        HOME,
        {name: sample(*[f"process number {pid}"] * 2) for name, pid in zip("abc", "789")},  # noqa: B905 - of the same length
    )
    assert found.all_differ
    assert not found.differing
    assert found.pattern == BodyPattern((b"process number ", b""))


def test_what_is_expected_holds_for_those_that_differ_too() -> None:
    found = consensus(
        HOME,
        {"a": sample("<p>by a: all is well"), "b": sample("<p>by b: all is well")},
    )
    assert found.differing.keys() == {"a", "b"}
    assert found.pattern is not None
    assert found.pattern.fits(b"<p>by a: all is well")
    assert found.pattern.fits(b"<p>by b: all is well")


def test_declared_parts_are_not_compared() -> None:
    changing = (re.compile(rb"by \w+"),)
    samples = {
        name: Sample((200,), (f"<p>by {name}</p>".encode(),), HTML, 0.001, changing)
        for name in ("one", "two")
    }
    assert not consensus(HOME, samples).differing


def test_whoever_breaks_what_the_user_declared_is_out() -> None:
    asked = Request("/", expect=Expectation(200, "right"))
    wrong = Sample((200,), (b"wrong",), HTML, 0.001, problem="answered with another body ('wrong')")
    found = consensus(asked, {"a": wrong, "b": sample("right")})
    assert found.out == {"a": f"GET / {wrong.problem}"}
