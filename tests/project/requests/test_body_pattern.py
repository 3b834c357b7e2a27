"""What several bodies have in common is found, and where one begins to differ."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.project.requests.body_pattern import (
    MOST_SPANS,
    BodyPattern,
    first_difference,
    in_common,
    pattern_of,
)

PAGE = '<form><input name="csrf" value="{token}"><p>{text}</p></form>'
WORDS = st.lists(
    st.sampled_from([b"a", b"b", b"item", b" ", b",", b"<p>", b"7", b"\n"]), max_size=12
)


def common(one: bytes, other: bytes) -> BodyPattern | None:
    return in_common(pattern_of(one), pattern_of(other))


def page(token: str, text: str = "Welcome") -> bytes:
    return PAGE.format(token=token, text=text).encode()


def test_a_body_that_stays_the_same_is_its_own_shape() -> None:
    assert common(b"hello", b"hello") == BodyPattern((b"hello",))


def test_a_token_is_one_span_even_where_letters_of_it_are_the_same() -> None:
    shape = common(page("x7Kq-9f_aa"), page("x7Zz-9f_bb"))
    assert shape is not None
    assert shape.parts == (
        b'<form><input name="csrf" value="',
        b'"><p>Welcome</p></form>',
    )


def test_spans_with_only_punctuation_between_them_are_one() -> None:
    shape = common(b'{"draws": [17, 3, 99], "n": 3}', b'{"draws": [4, 12, 7], "n": 3}')
    assert shape is not None
    assert shape.parts == (b'{"draws": [', b'], "n": 3}')


def test_spans_of_different_length_are_found() -> None:
    shape = common(b"<ul><li>one</li></ul>", b"<ul><li>one</li><li>two</li></ul>")
    assert shape is not None
    assert shape.fits(b"<ul><li>one</li><li>two</li><li>three</li></ul>")
    assert not shape.fits(b"<ol><li>one</li></ol>")


def test_bodies_with_next_to_nothing_in_common_have_no_shape() -> None:
    assert common(b"1763747619.123", b"1763747620.456") is None
    many = MOST_SPANS + 1
    one, other = (" ".join(f"id{i} is{n}{i}" for i in range(many)).encode() for n in "ab")
    assert common(one, other) is None


def test_more_bodies_leave_less_in_common() -> None:
    two = common(b"user 1 of 5 at home today", b"user 2 of 5 at home today")
    assert two is not None
    three = in_common(two, pattern_of(b"user 2 of 6 at home today"))
    assert three == BodyPattern((b"user ", b" of ", b" at home today"))


@given(WORDS, WORDS)
def test_what_two_bodies_have_in_common_fits_both(one: list[bytes], other: list[bytes]) -> None:
    bodies = b"".join(one), b"".join(other)
    shape = common(*bodies)
    if shape is not None:
        assert all(map(shape.fits, bodies))


@given(WORDS, WORDS, WORDS)
def test_a_third_body_takes_nothing_from_the_other_two(
    one: list[bytes], other: list[bytes], third: list[bytes]
) -> None:
    bodies = [b"".join(words) for words in (one, other, third)]
    shape = common(*bodies[:2])
    shape = shape and in_common(shape, pattern_of(bodies[2]))
    if shape is not None:
        assert all(map(shape.fits, bodies))


@given(WORDS)
def test_a_shape_that_fits_has_no_first_difference_in_its_own_body(words: list[bytes]) -> None:
    body = b"".join(words)
    assert pattern_of(body).fits(body)


def test_declared_spans_may_be_anything() -> None:
    changing = (re.compile(rb"id=\d+"), re.compile(rb"\d+ items"), re.compile(rb"x*"))
    shape = pattern_of(b"id=5, 12 items", changing)
    assert shape.parts == (b"", b", ", b"")
    assert shape.fits(b"anything, else")


def test_declared_spans_that_overlap_are_one() -> None:
    shape = pattern_of(b"abcdef", (re.compile(b"bcd"), re.compile(b"cde")))
    assert shape.fits(b"a-f")
    assert not shape.fits(b"a-fx")


@pytest.mark.parametrize(
    ("wanted", "body", "said"),
    [
        (
            BodyPattern((b"<p>3 items in your basket</p>",)),
            b"<p>4 items in your basket</p>",
            (
                "at byte 3 of the body '<p>4 items in your bask…' "
                "instead of '<p>3 items in your bask…'"
            ),
        ),
        (
            BodyPattern((b"hello",)),
            b"hello, world",
            "at byte 5 of the body 'hello, world' instead of 'hello'",
        ),
        (
            BodyPattern((b"hello",)),
            b"",
            "at byte 0 of the body '' instead of 'hello'",
        ),
        (
            BodyPattern((b'token="', b'" user="me"')),
            b'token="77" user="you"',
            ('at byte 17 of the body \'token="77" user="you"\' instead of \'" user="me"\''),
        ),
    ],
)
def test_the_first_difference_is_shown_with_what_stands_around(
    wanted: BodyPattern, body: bytes, said: str
) -> None:
    assert first_difference(wanted, body) == said


@given(WORDS, WORDS)
def test_a_body_that_does_not_fit_has_a_first_difference(
    one: list[bytes], other: list[bytes]
) -> None:
    wanted, body = pattern_of(b"".join(one)), b"".join(other)
    if not wanted.fits(body):
        assert first_difference(wanted, body).startswith("at byte ")
