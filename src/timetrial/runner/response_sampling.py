"""Sends all requests of a mix to one running stack, and keeps the responses."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from timetrial.model import Request, StackFailed
from timetrial.project.requests.response_errors import SERVER_ERRORS
from timetrial.project.requests.sample import Sample
from timetrial.runner.cookie_jar import CookieJar
from timetrial.runner.starter import LiveStack
from timetrial.stacks.answer import Answer, mistake
from timetrial.stacks.connection import ANSWER_WITHIN_S, Connection
from timetrial.stacks.readiness import describe

_NUMBERS = ("0123456789abcdef", "fedcba9876543210")
"""The values of `{token}` the first and the second time."""
_CLOCK = r"(?<!\d)\d{{1,2}}:(?:{minutes})(?::\d\d(?:\.\d+)?)?(?!\d)"
_HALF_HOUR_MIN, _HOUR_MIN = 30, 60


@dataclass(frozen=True, slots=True)
class Reply:
    """One response, and how long it took."""

    answer: Answer
    took_s: float
    problem: str | None
    """How it differs from what the user expects; None if it does not."""


Replies = tuple[Reply | StackFailed, ...]
"""One for each request."""


def ask_first(running: LiveStack, asked: Sequence[Request]) -> Iterator[Reply | StackFailed]:
    """Send the requests as after a start: each on a connection of its own."""
    for request in asked:
        yield _reply(running, request, request.numbered(_NUMBERS[0]), keep_alive=False)


def ask_again(
    running: LiveStack, asked: Sequence[Request], *, keep_cookies: bool
) -> Iterator[Reply | StackFailed]:
    """Send the requests as the load engine does, on connections that may stay open.

    `keep_cookies`: send the cookies that earlier responses have set, as one user does.
    """
    cookies = CookieJar()
    for request in asked:
        sent = _with_cookies(request.numbered(_NUMBERS[1]), cookies)
        reply = _reply(running, request, sent, keep_alive=True)
        if keep_cookies and isinstance(reply, Reply):
            for name, value in reply.answer.headers:
                if name.lower() == "set-cookie":
                    cookies.take(value, sent.path, time.time())
        yield reply


def sample_of(
    running: LiveStack, first: Reply, again: Reply, dynamic: Iterable[re.Pattern[bytes]]
) -> Sample:
    """Make a sample of two responses; a server error at first counts as an incomplete start."""
    replies = [again] if first.answer.status in SERVER_ERRORS else [first, again]
    return Sample(
        statuses=tuple(reply.answer.status for reply in replies),
        bodies=tuple(reply.answer.body for reply in replies),
        headers={name.lower(): value for name, value in again.answer.headers},
        took_s=again.took_s,
        changing=(*dynamic, *_own_address(running), _clock(datetime.now(UTC))),
        problem=next((reply.problem for reply in replies if reply.problem), ""),
        spread_s=min(reply.answer.spread_s for reply in replies),
    )


def _with_cookies(asked: Request, cookies: CookieJar) -> Request:
    sent = cookies.header(asked.path, time.time())
    if not sent or "cookie" in {name.lower() for name, _ in asked.headers}:
        return asked
    return replace(asked, headers=(("Cookie", sent), *asked.headers))


def _reply(
    running: LiveStack, asked: Request, sent: Request, *, keep_alive: bool
) -> Reply | StackFailed:
    launch = running.launch
    began_s = time.monotonic()
    try:
        with Connection.to(launch) as connection:
            answer = connection.ask(sent, keep_alive=keep_alive)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = f"{asked.label} got no answer: {describe(error, ANSWER_WITHIN_S)}"
        return StackFailed("answer", reason, running.log_tail())
    problem = mistake(answer, sent.expect) or answer.fault or None
    return Reply(answer, time.monotonic() - began_s, problem)


def _own_address(running: LiveStack) -> Iterator[re.Pattern[bytes]]:
    """Match the address of the stack, which differs between stacks and between their starts."""
    launch = running.launch
    host = re.escape(launch.host).encode()
    yield re.compile(rb"%s(?::|%%3[aA])%d(?!\d)" % (host, launch.port))
    yield re.compile(rb"(?<![\w.])%d(?![\w.])" % launch.port)


def _clock(now: datetime) -> re.Pattern[bytes]:
    """Match the time of day, in any zone: in minutes, it is often the same in two responses."""
    near = {now.minute + offset for offset in (-1, 0, 1)}
    minutes = {m % _HOUR_MIN for minute in near for m in (minute, minute + _HALF_HOUR_MIN)}
    return re.compile(_CLOCK.format(minutes="|".join(f"{m:02}" for m in sorted(minutes))).encode())
