"""Passwords of URLs stay out of texts; all else stays as it is."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.redaction import (
    is_secret_variable,
    without_credentials,
    without_passwords,
    without_secrets,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at redis://:hush@h:1/0.", "at redis://:***@h:1/0."),
        ("postgresql+pg8000://me:a:b@h/db", "postgresql+pg8000://me:***@h/db"),
        ("'postgres://me:x@h' and http://b:y@i/", "'postgres://me:***@h' and http://b:***@i/"),
        ("postgresql://h/db?user=me&password=x&a=b", "postgresql://h/db?user=me&password=***&a=b"),
        ("postgresql://me@h/db", "postgresql://me@h/db"),
        ("http://127.0.0.1:8000/a@b?c=d", "http://127.0.0.1:8000/a@b?c=d"),
        ("File 'shop.py', line 3: @cache", "File 'shop.py', line 3: @cache"),
    ],
)
def test_the_password_of_a_url_is_hidden(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_a_long_text_takes_no_longer_than_its_length_asks_for() -> None:
    """As a body with a picture in it; looked at from each letter anew, it would take hours."""
    text = "x" * 3_000_000
    assert without_passwords(f"{text} http://a:b@h/") == f"{text} http://a:***@h/"


def test_a_known_password_is_hidden_at_any_place() -> None:
    url = "postgresql://me:p%40ss@h/db"
    said = "login with p@ss (p%40ss) as me to db; p@ssive"
    hidden = said.replace("p@ss ", "*** ").replace("p%40ss", "***")
    assert without_passwords(said, url) == hidden


def test_a_password_that_is_the_users_name_is_hidden_in_urls_alone() -> None:
    url = "postgresql://postgres:postgres@h/db"
    said = f"postgres: {url}"
    assert without_passwords(said, url) == "postgres: postgresql://postgres:***@h/db"


@given(
    password=st.text(string.ascii_letters + string.digits + "%:.!$&()*+,;=_-", min_size=1),
    before=st.text(" abc:'\n"),
    after=st.text(" abc:'\n"),
)
def test_no_url_keeps_its_password(password: str, before: str, after: str) -> None:
    text = f"{before} redis://me:{password}@host:1/0 {after}"
    assert without_passwords(text) == f"{before} redis://me:***@host:1/0 {after}"


@pytest.mark.parametrize(
    ("name", "value", "text", "shown"),
    [
        ("SECRET_KEY", "django-insecure-1", "bad django-insecure-1!", "bad ***!"),
        ("STRIPE_API_TOKEN", "tok_12345", "tok_12345", "***"),
        ("AWS_ACCESS_KEY_ID", "AKIA123456", "for 'AKIA123456'", "for '***'"),
        ("PEM_KEY", "-----BEGIN\nMIIEvQIB\n", "line MIIEvQIB", "line ***"),
        ("DB_PASSWORD", "short", "a short text", "a short text"),
        ("KEYCLOAK_REALM", "master-realm", "master-realm", "master-realm"),
        ("PASSENGER_APP_ENV", "production", "in production", "in production"),
        ("DB_PASSWD", "hush12", "not hush12", "not ***"),
        ("DATABASE_URL", "redis://:hush12@h/0", "no hush12", "no ***"),
    ],
)
def test_the_value_of_a_secret_variable_is_hidden(
    name: str, value: str, text: str, shown: str
) -> None:
    assert without_secrets(text, {name: value}) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /a?api_key=k1&b=2 HTTP/1.1", "GET /a?api_key=***&b=2 HTTP/1.1"),
        ("/a?token=t&access_token=u#c", "/a?token=***&access_token=***#c"),
        ("/a?X-Amz-Signature=f0&sig=%2F", "/a?X-Amz-Signature=***&sig=***"),
        ("/a?token={token}&page=2", "/a?token={token}&page=2"),
        ("/a?design=1&tokens=5&key=2&sort=sig", "/a?design=1&tokens=5&key=2&sort=sig"),
        ("Authorization: Basic bWU6eA==\nHost: h", "Authorization: ***\nHost: h"),
        ("load -H 'Cookie: a=\"b\"; c=d' -d 5s", "load -H 'Cookie: ***' -d 5s"),
        ("{'X-Api-Key': 'k', 'Accept': '*'}", "{'X-Api-Key': '***', 'Accept': '*'}"),
        ("(b'authorization', b'Bearer x')", "(b'authorization', b'***')"),
        ("'HTTP_COOKIE': 'a=b', 'A': 'c'", "'HTTP_COOKIE': '***', 'A': 'c'"),
        ("sent Bearer abcdefgh.ijklmnop.q", "sent Bearer ***"),
        ("no cookie was set; authorization failed", "no cookie was set; authorization failed"),
        ("a header (--header 'Cookie: …' or …)", "a header (--header 'Cookie: …' or …)"),
        ('--header "Cookie: $COOKIE" -d 5s', '--header "Cookie: $COOKIE" -d 5s'),
        ("Cookies: 3, Cookie-Policy: strict", "Cookies: 3, Cookie-Policy: strict"),
    ],
)
def test_credentials_of_requests_are_hidden(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
    assert without_passwords(shown) == shown


def test_a_short_token_of_a_known_url_is_hidden_in_urls_alone() -> None:
    assert without_passwords("1 of 10", "http://h/?token=1") == "1 of 10"


def test_headers_without_credentials_stay() -> None:
    headers = (("Accept", "a"), ("x-api-key", "k"), ("Set-Cookie", "c"), ("X-Request-Id", "1"))
    shown = (("Accept", "a"), ("x-api-key", "***"), ("Set-Cookie", "***"), ("X-Request-Id", "1"))
    assert without_credentials(headers) == shown


@pytest.mark.parametrize(
    "name",
    ["STRIPE_SK", "JWT", "JWT_PRIVATE", "BASIC_AUTH", "REDIS_PASSWD", "SENTRY_DSN", "GITHUB_PAT"],
)
def test_a_name_says_that_a_variable_is_secret(name: str) -> None:
    assert is_secret_variable(name)


@pytest.mark.parametrize(
    "name",
    ["AUTHOR", "KEYBOARD_LAYOUT", "TASK_QUEUE", "RISK", "DISK_PATH", "AUTH_BACKEND", "PATH"],
)
def test_a_harmless_name_is_no_secret(name: str) -> None:
    assert not is_secret_variable(name)
