"""The cookies of one user, by the rules of the load engine (engine/src/cookies.rs). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    is_secure: bool
    expires_s: float | None
    """From this second of the clock of the day on it is gone; None: it lasts."""

    def lasts(self, now_s: float) -> bool:
        return self.expires_s is None or now_s < self.expires_s


class CookieJar:
    """The cookies that a server has set (RFC 6265, without domains: a user has one server)."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], _Cookie] = {}
        """By name and path."""

    def take(self, set_cookie: str, path: str, now_s: float) -> None:
        """Apply the value of a `Set-Cookie` header in the response to a request for `path`.

        What is no cookie is ignored. A cookie that has expired by `now_s`, seconds since 1970, is
        deleted.
        """
        pair, *rest = set_cookie.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not name or not equals:
            return
        given = {
            key.strip().lower(): text.strip()
            for key, _, text in (part.partition("=") for part in rest)
        }
        below = given.get("path", "")
        key = (name, below if below.startswith("/") else _folder(path))
        cookie = _Cookie(value, "secure" in given, _expires_s(given, now_s))
        if cookie.lasts(now_s):
            self._cookies[key] = cookie
        else:
            self._cookies.pop(key, None)

    def header(self, path: str, now_s: float) -> str:
        """Return the value of `Cookie` for an unencrypted request; '' if no cookie applies."""
        applying = [
            (below, f"{name}={cookie.value}")
            for (name, below), cookie in self._cookies.items()
            if cookie.lasts(now_s) and not cookie.is_secure and _is_below(path, below)
        ]
        applying.sort(key=lambda each: -len(each[0]))
        return "; ".join(pair for _, pair in applying)


def _expires_s(given: Mapping[str, str], now_s: float) -> float | None:
    """Return when a cookie is gone: a Max-Age wins over an Expires (RFC 6265, 5.3)."""
    age = given.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return now_s if age.startswith("-") else now_s + float(age)
    date = parsedate_tz(given.get("expires", ""))
    try:
        return None if date is None else mktime_tz(date)
    except (OverflowError, ValueError):  # the 99th of a month
        return None


def _folder(path: str) -> str:
    return _without_query(path).rpartition("/")[0] or "/"


def _is_below(path: str, folder: str) -> bool:
    path = _without_query(path)
    rest = path.removeprefix(folder)
    inside = not rest or rest.startswith("/") or folder.endswith("/")
    return path.startswith(folder) and inside


def _without_query(path: str) -> str:
    return path.partition("?")[0]
