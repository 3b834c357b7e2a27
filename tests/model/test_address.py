"""A URL's user and password become a header, and stay out of what is said of the URL."""

from __future__ import annotations

import base64
import socket

import pytest

from timetrial.model.address import resolve
from timetrial.model.errors import BadTarget


@pytest.mark.parametrize(
    ("account", "sent"),
    [
        ("me:hush", b"me:hush"),
        ("me:h%40u:sh", b"me:h@u:sh"),
        ("me:h@sh", b"me:h@sh"),
        ("caf%C3%A9:hush", "caf\xe9:hush".encode()),
        ("key", b"key:"),
        (":hush", b":hush"),
    ],
)
def test_user_and_password_of_a_url_are_its_authorization(account: str, sent: bytes) -> None:
    address = resolve(f"http://{account}@127.0.0.1:8000/a")
    assert address.host == "127.0.0.1:8000"
    assert address.authorization == f"Basic {base64.b64encode(sent).decode()}"
    assert address.authorization not in repr(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://@127.0.0.1/", "http://127.0.0.1/a@b"])
def test_a_url_without_an_account_has_no_authorization(url: str) -> None:
    assert resolve(url).authorized((("Accept", "*/*"),)) == (("Accept", "*/*"),)


def test_a_header_that_is_given_takes_the_place_of_the_account() -> None:
    address = resolve("http://me:hush@127.0.0.1/")
    given = (("authorization", "Bearer abc"),)
    assert address.authorized(given) == given
    assert [name for name, _ in address.authorized((("Accept", "*/*"),))] == [
        "Accept",
        "Authorization",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hush-hush@127.0.0.1/",
        "me:hush-hush@127.0.0.1:8000",
        "http://hush-hush:me@127.0.0.1:99999/",
        "http://hush-hush:me@127.0.0.1/a b",
    ],
)
def test_neither_a_user_nor_a_password_is_said_again(url: str) -> None:
    with pytest.raises(BadTarget) as refused:
        resolve(url)
    assert "hush-hush" not in str(refused.value)
    assert "***@127.0.0.1" in str(refused.value)


@pytest.mark.parametrize("password", ["hush/hush", "12/hush", "hush?hush", "hush#"])
def test_a_password_that_is_not_percent_encoded_is_not_said_again(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_asked: object, **_how: object) -> list[object]:
        raise OSError(2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BadTarget, match="write / as %2F, \\? as %3F and # as %23") as refused:
        resolve(f"http://me:{password}@127.0.0.1:8000/")
    assert "hush" not in str(refused.value)
