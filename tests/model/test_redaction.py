"""Passwords of URLs stay out of texts; all else stays as it is."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.redaction import without_passwords, without_secrets


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
