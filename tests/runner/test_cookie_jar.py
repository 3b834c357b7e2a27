"""The cookies of a user before a measurement: the cases of engine/src/cookies.rs."""

from __future__ import annotations

import pytest

from timetrial.runner.cookie_jar import CookieJar

NOW_S = 1_800_000_000
"""Friday, 15 January 2027, 08:00:00 GMT."""


def jar(*cookies: str) -> CookieJar:
    made = CookieJar()
    for cookie in cookies:
        made.take(cookie, "/shop/cart?x=/y/z", NOW_S)
    return made


def header(*cookies: str, path: str = "/shop/") -> str:
    return jar(*cookies).header(path, NOW_S)


@pytest.mark.parametrize(
    ("attributes", "is_kept"),
    [
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("expires=Thu, 01-Jan-1970 00:00:00 GMT", False),
        ("Expires=Fri, 15 Jan 2027 07:59:59 GMT", False),
        ("Expires=Fri, 15 Jan 2027 08:00:00 GMT", False),
        ("Expires=Fri, 15 Jan 2027 08:00:01 GMT", True),
        ("Max-Age=0", False),
        ("Max-Age=-1", False),
        (f"Max-Age={5_000 * '9'}", True),
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("Max-Age=0; Expires=Sat, 15 Jan 2028 08:00:00 GMT", False),
        ("Expires=soon", True),
        ("Expires=Fri, 99 Jan 99999 99:99:99 GMT", True),
        ("Expires=Friday, 15-Jan-27 07:59:59 GMT", False),
        ("HttpOnly; SameSite=Lax", True),
    ],
)
def test_a_cookie_expires_by_the_clock_and_its_max_age_wins(
    attributes: str,
    is_kept: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert header("a=1", f"a=2; {attributes}") == ("a=2" if is_kept else "")


def test_a_cookie_is_sent_until_its_age_is_reached() -> None:
    lasting = jar("a=1; Max-Age=60")
    assert lasting.header("/shop/", NOW_S + 59) == "a=1"
    assert lasting.header("/shop/", NOW_S + 60) == ""


def test_a_cookie_goes_with_its_path_and_what_lies_below() -> None:
    for path, fits in {"/shop": 1, "/shop/x?q": 1, "/shopping": 0, "/": 0}.items():
        assert header("a=1", path=path) == ("a=1" if fits else ""), path
    assert header("a=1; Path=/", path="/elsewhere") == "a=1"
    assert header("a=1; Path=/", "b=2; Path=/shop", path="/shop/x") == "b=2; a=1"


def test_a_secure_cookie_and_what_is_none_are_not_sent() -> None:
    assert header("a=1; Secure") == ""
    assert header("", "novalue", "=x") == ""
    assert header('a={"b": [1]}') == 'a={"b": [1]}'
