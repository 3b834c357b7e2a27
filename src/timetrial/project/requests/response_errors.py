"""Why a response cannot be measured, in one sentence that says what to do. Pure."""

from __future__ import annotations

import html
import re

from timetrial.model import UPGRADED, Request, is_event_stream
from timetrial.model.redaction import starred
from timetrial.project.requests.consensus import statuses
from timetrial.project.requests.sample import Sample

_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SHOWN_BYTES = 80
_READ_BYTES = 1_000
"""What is read of a body to show its first bytes: a key among them may be longer."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _NOT_ALLOWED = 400, 401, 403, 404, 405
SERVER_ERRORS = range(500, 600)


def is_failure(sample: Sample) -> bool:
    """Whether the app itself failed, with a 5xx status."""
    return sample.status in SERVER_ERRORS


def refusal(request: Request, sample: Sample, *, with_cookies: bool = False, host: str = "") -> str:
    """Say why the responses of the stacks cannot be measured, and what to do.

    `with_cookies`: the last request carried the cookies of earlier ones. `host`: one that the app
    allows.
    """
    if sample.problem and request.stream is not None:
        is_short = is_event_stream(sample.content_type)
        return f"{request.label} {sample.problem}{'; --events reads fewer' if is_short else ''}"
    if sample.problem:
        return f"{request.label} {sample.problem}{words_of(sample)}"
    if not sample.is_steady and with_cookies:
        return (
            f"{request.label} answered status {sample.statuses[0]}, but {sample.status} to a user "
            "who keeps the cookies of earlier steps: give them by a header (--header 'Cookie: …')"
        )
    if not sample.is_steady:
        return (
            f"{request.label} answered {statuses(sample)} when it was asked again: what is "
            "answered otherwise the second time cannot be measured"
        )
    if request.message:
        return f"{request.label} {_upgrade_error(sample)}"
    return f"{request.label} {_status_error(request, sample, host)}"


def _upgrade_error(sample: Sample) -> str:
    answered = f"answered the upgrade with status {sample.status}, not {UPGRADED}"
    if sample.status in {_UNAUTHORIZED, _FORBIDDEN}:
        return (
            f"{answered}: the app refuses it; it may want a login or an origin, which a header "
            "gives (--header 'Cookie: …' or 'Origin: …')"
        )
    return f"{answered}{words_of(sample)}: is this the path of a WebSocket?"


def _status_error(request: Request, sample: Sample, host: str) -> str:
    status, meant = sample.status, f"or say --expect-status {sample.status} if that is meant"
    if status in _REDIRECTS:
        return _redirects(sample, meant)
    if status in {_UNAUTHORIZED, _FORBIDDEN}:
        forged = " (or a token against forged requests)" if request.writes else ""
        return (
            f"answered status {status}: it wants a login{forged}; give one by a header "
            f"(--header 'Cookie: …' or 'Authorization: …'), {meant}"
        )
    if status == _NOT_FOUND:
        return f"answered status 404: the app has no such path; name one that it has, {meant}"
    if status == _NOT_ALLOWED:
        return f"answered status 405: the app has no {request.method} there, {meant}"
    if status == _BAD_REQUEST:
        return (
            f"answered status 400{words_of(sample)}: if the app allows certain hosts alone, name "
            f"one of them (--header 'Host: {host or '…'}'), {meant}"
        )
    return f"answered status {status}{words_of(sample)}, {meant}"


def _redirects(sample: Sample, meant: str) -> str:
    to = sample.headers.get("location", "")
    if to.startswith("https://"):
        return (
            f"redirects to {to}: servers are asked without TLS; switch that redirect off, or have "
            f"the app believe in TLS (--header 'X-Forwarded-Proto: https'), {meant}"
        )
    return (
        f"redirects to {to or 'nowhere'}: name the path that it leads to, log in by a header "
        f"(--header 'Cookie: …'), {meant}"
    )


def words_of(sample: Sample) -> str:
    """Quote the title of a page, or the first 80 bytes of a text; '' if there is neither."""
    body = sample.bodies[-1]
    if title := _TITLE.search(body):
        text = html.unescape(title[1].decode(errors="replace"))
    elif body.lstrip().startswith(b"<"):
        return ""
    else:
        text = starred(body[:_READ_BYTES].decode(errors="replace"))
    text = " ".join(text.split())[:_SHOWN_BYTES]
    return f" ({text!r})" if text else ""
