"""Texts without secrets: output of programs may contain URLs and keys from their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

HIDDEN = "***"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
# It begins after the scheme: a search for the scheme would try each letter of a body.
_IN_AUTHORITY = re.compile(r"(?P<lead>(?<=[A-Za-z0-9+.-])://[^\s/?#'\"@:]*:)[^\s/?#'\"]*@")
_IN_QUERY = re.compile(
    r"(?P<lead>[?&](?:ssl)?pass(?:word|wd)?=)(?P<secret>[^&#\s'\"]*)", re.IGNORECASE
)
_ACCOUNT = re.compile(r"^(?P<lead>(?:[A-Za-z][A-Za-z0-9+.-]*://)?)[^/?#]*@")
_OF_A_SECRET = re.compile(
    r"(?:^|_)(?:PASS|PWD|TOKEN|KEYS?|CREDENTIALS?|SALT|DSN)(?:_|$)|SECRET|APIKEY|PASSW|PASSPHRASE",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 6
"""Shorter values are switches and numbers, which texts may contain for other reasons."""


def without_secrets(text: str, env: Mapping[str, str], *known: str) -> str:
    """Hide the passwords of all URLs, and the values of variables with the name of a secret.

    `env` holds the variables of the program that wrote `text`, `known` other texts with URLs.
    """
    text = without_passwords(text, *env.values(), *known)
    values = (value for name, value in env.items() if _OF_A_SECRET.search(name))
    secrets = {line.strip() for value in values for line in value.splitlines()}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def without_passwords(text: str, *known: str) -> str:
    """Replace the passwords of all URLs in a text, and those of known URLs at any place.

    `known` holds texts that may contain URLs, such as the variables of the program behind `text`.
    """
    secrets = {
        secret for source in known for url in _URL.findall(source) for secret in _secrets(url)
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(f":{secret}@", f":{HIDDEN}@")
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    text = _IN_AUTHORITY.sub(rf"\g<lead>{HIDDEN}@", text)
    return _IN_QUERY.sub(rf"\g<lead>{HIDDEN}", text)


def without_account(url: str) -> str:
    """Hide user and password of a URL, which may lack its scheme: a user may be a key, too."""
    return without_passwords(_ACCOUNT.sub(rf"\g<lead>{HIDDEN}@", url, count=1))


def _secrets(url: str) -> Iterator[str]:
    """List the passwords of a URL, as written and percent-decoded.

    A password that is also the name of the user or the host is no secret, and is left out.
    """
    scheme, _, rest = url.partition("://")
    account, _, place = rest.rpartition("@")
    user, _, password = account.partition(":")
    written = [password, *(match["secret"] for match in _IN_QUERY.finditer(url))]
    named = {"", scheme, user, unquote(user), *re.split(r"[:/?#]", place)}
    for password in written:
        yield from {password, unquote(password)} - named
