"""References to values that records do not hold, and by which the same values are known again."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Place = Literal[
    "variable",
    "service",
    "setting",
    "header",
    "path",
    "body",
    "expected body",
    "expected template",
]

_ITERATIONS = 20_000
"""They make a password slow to guess from its digest, and take some milliseconds."""


@dataclass(frozen=True, slots=True)
class SecretReference:
    """What a record holds in the place of a value."""

    place: Place
    name: str
    """Of the variable, the service, the header, or the interface of a path; '' of bodies.

    That of a setting is 'redis.password'.
    """
    origin: str
    """Where the value came from, as it is typed ('--header', '--env-file .env') or as a file of a
    suite, an app, a server or a service ('mine/apps/shop/app.toml'); '' of sampled responses."""
    digest: str
    """Salt and digest of the value, in hexadecimal digits."""
    shown: str = ""
    """What may be told of the value: '1,234 bytes'."""

    def matches(self, value: str) -> bool:
        """Return whether it stands for this value."""
        salt, _, _ = self.digest.partition(":")
        return hmac.compare_digest(self.digest, salted_digest(value, salt))


@lru_cache(maxsize=1_000)
def salted_digest(value: str, salt: str) -> str:
    """Digest a value with a salt of hexadecimal digits (PBKDF2, SHA-256)."""
    # A half character of a file name is a value, too.
    raw = value.encode(errors="surrogatepass")
    digest = hashlib.pbkdf2_hmac("sha256", raw, salt.encode(), _ITERATIONS)
    return f"{salt}:{digest.hex()}"
