"""What every response is held against: as much of a body as is always the same."""

from __future__ import annotations

import re

import pytest

from timetrial.model.body_template import matches
from timetrial.model.workload import Expectation, Request
from timetrial.project.requests.body_pattern import LARGEST_BYTES
from timetrial.project.requests.checked import LITERAL_BYTES, ResponseCheck, checked
from timetrial.project.requests.consensus import consensus
from timetrial.project.requests.sample import Sample


def of(*bodies: bytes, expect: Expectation | None = None, steps: int = 1) -> ResponseCheck:
    asked = Request("/", expect=expect)
    sample = Sample((200,) * len(bodies), bodies, {}, took_s=0.001)
    return checked(consensus(asked, {"a": sample}), steps)


def test_a_text_that_stays_the_same_is_expected_whole() -> None:
    assert of(b"gr\xc3\xbcezi", b"gr\xc3\xbcezi") == ResponseCheck(
        Expectation(200, "grüezi", body_bytes=7), "body"
    )


def test_an_empty_body_is_expected_to_stay_empty() -> None:
    assert of(b"", b"").expect == Expectation(200, "", body_bytes=0)


def test_a_text_that_changes_is_expected_around_its_changes() -> None:
    found = of(b"token abc, Hello", b"token xyz, Hello")
    assert found.expect == Expectation(200, body_template="token {*}, Hello")
    assert found.how == "template"
    assert "answer to answer" in found.note


def test_a_text_that_looks_like_a_template_matches_itself() -> None:
    one, other = b"{token} {*} of 1 in the shop", b"{token} {*} of 2 in the shop"
    template = of(one, other).expect.body_template
    assert template is not None
    assert "{token}" not in template
    assert matches(template, one, "0af")
    assert matches(template, other, "0af")


def test_of_a_large_body_the_length_is_expected() -> None:
    body = b"x" * (LITERAL_BYTES + 1)
    found = of(body, body)
    assert found.expect == Expectation(200, body_bytes=len(body))
    assert found.how == "length"
    assert "64.0 KiB" in found.note


def test_many_bodies_share_what_is_compared_whole() -> None:
    body = b"x" * (LITERAL_BYTES // 2)
    assert of(body, steps=16).how == "body"
    assert of(body, steps=64).how == "length"


def test_of_what_is_no_text_the_length_is_expected() -> None:
    found = of(b"\x89PNG\xff", b"\x89PNG\xff")
    assert found.expect == Expectation(200, body_bytes=5)
    assert found.how == "length"
    assert "no text" in found.note


def test_of_a_large_body_that_changes_begin_and_end_are_expected() -> None:
    text = " ".join(f"wörd{n}" for n in range(20_000))
    one, other = (f"<p>{token}</p>{text}".encode() for token in ("abc", "xyz"))
    found = of(one, other)
    assert found.how == "template"
    template = found.expect.body_template
    assert template is not None
    assert len(template.encode()) <= LITERAL_BYTES + 3
    assert matches(template, one)
    assert not matches(template, one + b"!")


@pytest.mark.parametrize("bodies", [(b"\xff 1 two three", b"\xff 2 two three"), (b"17.5", b"18.5")])
def test_where_too_little_stays_the_same_only_the_status_is_expected(
    bodies: tuple[bytes, bytes],
) -> None:
    found = of(*bodies)
    assert found.expect == Expectation(200)
    assert found.how == "status"
    assert "only the status" in found.note


def test_of_a_body_that_the_engine_compares_with_no_template_the_status_is_expected() -> None:
    body = b"http://127.0.0.1:8000/ " + b"x" * LARGEST_BYTES
    changing = (re.compile(rb"127\.0\.0\.1:8000"),)
    sample = Sample((200, 200), (body, body), {}, 0.001, changing)
    assert checked(consensus(Request("/"), {"a": sample}), 1).expect == Expectation(200)


def test_what_the_user_declared_is_expected_as_it_was_said() -> None:
    expect = Expectation(200, body_bytes=5)
    assert of(b"hello", expect=expect) == ResponseCheck(expect, "declared")


def test_to_a_status_that_the_user_declared_the_body_is_added() -> None:
    assert of(b"hello", expect=Expectation(200)).expect == Expectation(200, "hello", 5)
