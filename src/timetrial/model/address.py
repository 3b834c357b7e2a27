"""From a URL to an address that may be loaded."""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from timetrial.model.errors import BadTarget
from timetrial.model.redaction import without_account

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ENCRYPTED = frozenset({"https", "wss"})
_SOCKETS = frozenset({"ws", "wss"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where the requests for a URL go."""

    ip: str
    port: int
    host: str
    """As written in the URL, for the Host header."""
    path: str
    """Path and query."""
    encrypted: bool = False
    """Whether the URL is an https:// or a wss:// one."""
    authorization: str = field(default="", repr=False)
    """Value of the header for the user and password in the URL; '' where it has none."""
    is_websocket: bool = False
    """Whether the URL is a ws:// or a wss:// one."""
    unix: str = ""
    """Path of the Unix socket that is connected to in place of `ip` and `port`; '' for TCP."""

    @property
    def name(self) -> str:
        """The host's name or address alone, as a certificate has it."""
        return urlsplit(f"//{self.host}").hostname or ""

    def authorized(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Add the authorization of the URL to the headers of a request that has none."""
        if not self.authorization or any(name.lower() == "authorization" for name, _ in headers):
            return headers
        return (*headers, ("Authorization", self.authorization))

    def __str__(self) -> str:
        if self.unix:
            return f"unix:{self.unix}"
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


def resolve(
    url: str,
    allowed_remote: frozenset[str] = frozenset(),
    *,
    websockets: bool = False,
    unix: str = "",
) -> Address:
    """Check a URL and look up its host; `websockets` allows ws:// and wss:// ones.

    With the path of a Unix socket the host is a name alone, which is not looked up. Only loopback addresses may be loaded, and the hosts in `allowed_remote`, as named in the URL.
    Raises BadTarget.
    """
    try:
        parts, port = _split(url, _PORTS if websockets else _PORTS.keys() - _SOCKETS)
        host = parts.hostname or ""
        ip = "" if unix else _look_up(without_account(url), host, port)
    except BadTarget:
        if _has_unwritten_password(url):
            raise BadTarget(
                "the user and password of this URL end at its first /, ? or #: write / as %2F, "
                "? as %3F and # as %23"
            ) from None
        raise
    allowed = {name.lower() for name in allowed_remote}  # a URL's host name comes lower-cased
    if not unix and not ipaddress.ip_address(ip).is_loopback and host not in allowed:
        resolved = "" if ip == host else f" (it is {ip})"
        raise BadTarget(
            f"{host} is not this machine{resolved}: load goes only to loopback, unless the host is "
            f"allowed by --allow-remote {host}"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    account, _, host_header = parts.netloc.rpartition("@")
    return Address(
        ip,
        port,
        host_header,
        path,
        parts.scheme in _ENCRYPTED,
        _basic(account),
        parts.scheme in _SOCKETS,
        unix,
    )


def _has_unwritten_password(url: str) -> bool:
    """Return whether a password may have ended the authority by a character that is not encoded."""
    authority, _, rest = re.sub("[?#]", "/", url.partition("://")[2]).partition("/")
    return ":" in authority and "@" not in authority and "@" in rest


def _basic(account: str) -> str:
    """Write the user and password of a URL as HTTP sends them (RFC 7617)."""
    if not account:
        return ""
    user, _, password = account.partition(":")
    plain = b":".join((unquote_to_bytes(user), unquote_to_bytes(password)))
    return f"Basic {base64.b64encode(plain).decode('ascii')}"


def _split(url: str, schemes: Collection[str]) -> tuple[SplitResult, int]:
    shown = without_account(url)
    if any(not "!" <= character <= "~" for character in url):
        raise BadTarget(f"{shown!r} has characters that must be percent-encoded in a URL")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadTarget(f"{shown!r} is no URL: {error}") from error
    if not parts.scheme or not url.lower().startswith(f"{parts.scheme}://"):
        raise BadTarget(f"{shown!r} has no scheme; did you mean 'http://{shown}'?")
    if parts.scheme not in schemes:
        *others, last = (f"{scheme}://" for scheme in _PORTS if scheme in schemes)
        allowed = f"only {', '.join(others)} and {last} URLs can be loaded"
        raise BadTarget(f"{shown!r} has {parts.scheme}://, but {allowed} here")
    if not parts.hostname:
        raise BadTarget(f"{shown!r} names no host; an example is http://127.0.0.1:8000/")
    return parts, _port(shown, parts)


def _port(shown: str, parts: SplitResult) -> int:
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:  # not a number, or above 65535
        port = 0
    if port == 0:
        raise BadTarget(f"{shown!r} has an impossible port; ports go from 1 to 65535")
    return port


def _look_up(shown: str, host: str, port: int) -> str:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadTarget(f"the host of {shown!r} cannot be found: {_why(error)}") from error
    # IPv4 first: a server that listens on this machine's own name mostly listens there.
    addresses.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(addresses[0][4][0])


def _why(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or str(error)
