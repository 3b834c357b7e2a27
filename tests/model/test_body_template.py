"""Bodies that change are compared with a text in which some spans stand for anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.body_template import matches


@pytest.mark.parametrize(
    ("template", "body", "alike"),
    [
        ('{"at": {*}, "data": {*}}', b'{"at": 1.5, "data": 0.25}', True),
        ('{"at": {*}, "data": {*}}', b'{"at": 1.5}', False),
        ("a{*}", b"a", True),
        ("{*}a{*}a", b"a", False),
        ("a.c", b"abc", False),
        ("{*}", b"", True),
        ("line{*}end", b"line\nand\xff\nend", True),
        ("", b"x", False),
    ],
)
def test_a_span_stands_for_any_bytes_or_none(template: str, body: bytes, *, alike: bool) -> None:
    assert matches(template, body) == alike


def test_a_token_stands_for_the_number_of_the_request() -> None:
    assert matches("<{token}>", b"<0af>", "0af")
    assert not matches("<{token}>", b"<0b0>", "0af")


@given(
    st.lists(st.text(st.characters(exclude_characters="{", exclude_categories=["Cs"]))), st.binary()
)
def test_whatever_fills_the_spans_is_matched(parts: list[str], filling: bytes) -> None:
    body = filling.join(part.encode() for part in parts)
    assert matches("{*}".join(parts), body)
