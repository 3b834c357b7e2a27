"""Whether a stack responds to pipelined requests: to each one, in order and correctly."""

from __future__ import annotations

import http.client
from collections.abc import Sequence

from timetrial.model import TOKEN, Expectation, Request, StackFailed
from timetrial.stacks.answer import mistake
from timetrial.stacks.connection import Connection
from timetrial.stacks.readiness import describe

ANSWERS_WITHIN_S = 5.0
BATCHES = 2
"""Batches on one connection: some servers respond to the first one only."""


def check_pipelines(
    host: str, port: int, probe: Request, depth: int, echo: str | None = None
) -> None:
    """Send `depth` requests at once, twice over one connection, and read as many responses.

    `echo` is a path with `{token}` whose response is the token: it proves the order of responses.
    Raises StackFailed with the number of responses.
    """
    batches = [[probe] * depth, [probe] * depth]
    if echo is not None:
        batches += [_numbered(echo, depth), _numbered(echo, depth, first=depth)]
    for start in range(0, len(batches), BATCHES):
        with _connected(host, port) as connection:
            for number, batch in enumerate(batches[start : start + BATCHES], start=1):
                _exchange(connection, batch, number)


def _numbered(echo: str, depth: int, first: int = 0) -> list[Request]:
    tokens = [f"{number:016x}" for number in range(first, first + depth)]
    return [Request(echo.replace(TOKEN, token), Expectation(body=token)) for token in tokens]


def _connected(host: str, port: int) -> Connection:
    try:
        return Connection(host, port, ANSWERS_WITHIN_S)
    except OSError as error:
        raise StackFailed("answer", f"cannot be connected to: {error.strerror}") from error


def _exchange(connection: Connection, batch: Sequence[Request], number: int) -> None:
    again = ", sent again on the same connection" if number > 1 else ""
    what = f"of {len(batch)} requests in one piece{again},"
    answered = 0
    try:
        connection.send(batch, keep_alive=True, timeout_s=ANSWERS_WITHIN_S)
        for probe in batch:
            problem = mistake(connection.receive(probe), probe.expect)
            if problem:
                raise StackFailed("answer", f"{what} the answer to number {answered + 1} {problem}")
            answered += 1
    except (OSError, http.client.HTTPException, ValueError) as error:
        came = f"{answered} {'was' if answered == 1 else 'were'} answered, then"
        reason = f"{what} {came} {describe(error, ANSWERS_WITHIN_S)}"
        raise StackFailed("answer", reason) from error
