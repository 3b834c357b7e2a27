"""Whether a stack responds, and responds correctly."""

from __future__ import annotations

import contextlib
import http.client
import io
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from timetrial.model import NS_PER_S, UPGRADED, Expectation, Request, StackFailed, size
from timetrial.model.body_template import matches
from timetrial.model.redaction import starred
from timetrial.stacks.launch import Launch
from timetrial.stacks.sent_body import sent_body
from timetrial.stacks.websocket import WebSocket, WebSocketFault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.05
PAUSE_GROWTH = 1.2
FIRST_ATTEMPT_S, LONGEST_ATTEMPT_S = 1.0, 8.0
"""Many servers listen before their app is loaded and respond once it is: one long attempt detects
readiness earlier than many short ones. Each attempt waits twice as long as the one before."""
ATTEMPT_GROWTH = 2.0
STOPPED_FROM_S = 1.0
"""An attempt that takes so much longer than its connect and its exchange may is no attempt."""
WRONG_ANSWERS_S = 2.0
"""How long wrong responses are accepted: workers that start late may cause them."""
ANSWER_WITHIN_S = 10.0
"""In addition to the wait time of the app."""
SHARE_OF_WAIT = 0.9
"""A response after a smaller share of the wait time cannot come from the right view."""
REQUESTS_PER_CHECK = 2
SHORTEST_S = 0.001
LARGEST_BODY_BYTES = 256 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
SHOWN_BYTES = 80
_READ_BYTES = 1_000
"""What is read of a body to show its first bytes: a key among them may be longer."""


def await_ready(
    launch: Launch, exit_code: Callable[[], int | None], attempt: Attempt | None = None
) -> int:
    """Wait until a stack responds correctly; return the time then (CLOCK_MONOTONIC, ns).

    `exit_code` returns that of the main process, None while it lives. `attempt` tests once; without
    it, the launch's probe is sent by HTTP. Raises StackFailed.
    """
    ask = attempt or partial(_attempt, launch)
    now_ns = time.monotonic_ns()
    deadline_ns = now_ns + round(launch.start_timeout_s * NS_PER_S)
    pauses_s = _growing(FIRST_PAUSE_S, PAUSE_GROWTH, LONGEST_PAUSE_S)
    attempts_s = _growing(FIRST_ATTEMPT_S, ATTEMPT_GROWTH, LONGEST_ATTEMPT_S)
    wrong: AttemptResult | None = None
    first_wrong_ns = 0
    while True:
        began_ns, left_s = now_ns, (deadline_ns - time.monotonic_ns()) / NS_PER_S
        within_s = max(SHORTEST_S, min(next(attempts_s), left_s))
        outcome = ask(within_s)
        now_ns = time.monotonic_ns()
        # Who was stopped meanwhile (Ctrl-Z, SIGSTOP) gave the server no time.
        deadline_ns += max(0, now_ns - began_ns - round((2 * within_s + STOPPED_FROM_S) * NS_PER_S))
        if outcome.answered and outcome.problem:
            first_wrong_ns = first_wrong_ns if wrong else now_ns
            wrong = outcome
        code = exit_code()
        if code is not None:  # a correct response is then from a daemon or another server
            raise _ended(code, wrong)
        if outcome.problem is None:
            return now_ns
        if wrong and now_ns - first_wrong_ns > WRONG_ANSWERS_S * NS_PER_S:
            raise wrong.failure()
        if now_ns >= deadline_ns:
            raise wrong.failure() if wrong else _too_late(launch, outcome.problem)
        time.sleep(next(pauses_s))


def check_answers(
    host: str, port: int, probe: Request, *, keep_alive: bool, timeout_s: float = ANSWER_WITHIN_S
) -> None:
    """Send the probe twice to a running stack, over one connection if it keeps them alive.

    Raises StackFailed for a wrong response, or for none within `timeout_s` plus the wait time of
    the app.
    """
    timeout_s += probe.wait_s
    connections = 1 if keep_alive else REQUESTS_PER_CHECK
    for _ in range(connections):
        answered = 0
        try:
            with Connection(host, port, timeout_s) as connection:
                while answered < REQUESTS_PER_CHECK // connections:
                    answer = connection.ask(probe, keep_alive=keep_alive, timeout_s=timeout_s)
                    _require_correct(answer, probe)
                    answered += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            which = f"{probe.path}, asked again on the same connection," if answered else probe.path
            reason = f"{which} got no answer: {describe(error, timeout_s)}"
            raise StackFailed("answer", reason) from error


def check_wait(host: str, port: int, probe: Request) -> None:
    """Send a running stack a request whose app waits.

    Raises StackFailed if the response is wrong, missing or too early.
    """
    timeout_s = ANSWER_WITHIN_S + probe.wait_s
    began_s = time.monotonic()
    try:
        with Connection(host, port) as connection:
            answer = connection.ask(probe, keep_alive=False, timeout_s=timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = f"{probe.path} got no answer: {describe(error, timeout_s)}"
        raise StackFailed("answer", reason) from error
    took_s = time.monotonic() - began_s
    _require_correct(answer, probe)
    if took_s < SHARE_OF_WAIT * probe.wait_s:
        raise StackFailed(
            "answer",
            f"{probe.path} answered after {took_s:.2g} s, though it has to wait for "
            f"{probe.wait_s:g} s",
        )


def _require_correct(answer: Answer, probe: Request) -> None:
    problem = mistake(answer, probe.expect)
    if problem:
        differs = differs_in_body(answer, probe.expect)
        raise StackFailed("answer", f"{probe.path} {problem}", body_differs=differs)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; of a message the answer to its upgrade, with the message that came."""

    status: int
    body: bytes
    closing: bool = False
    """Whether the server closes the connection after this response."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values as they were received."""


def mistake(answer: Answer, expect: Expectation | None) -> str | None:
    """Return how a response violates the expectation; None if it does not."""
    if expect is None:
        return None
    if answer.status != expect.status:
        return f"answered status {answer.status} instead of {expect.status}"
    if expect.body is not None and answer.body != expect.body.encode():
        return f"answered with another body ({_shown(answer.body)})"
    if expect.body_bytes is not None and len(answer.body) != expect.body_bytes:
        return f"answered with {len(answer.body)} bytes of body instead of {expect.body_bytes}"
    if expect.body_template is not None and not matches(expect.body_template, answer.body):
        return f"answered with a body of another shape ({_shown(answer.body)})"
    return None


def differs_in_body(answer: Answer, expect: Expectation | None) -> bool:
    """Whether the body alone violates the expectation."""
    has_status = expect is not None and answer.status == expect.status
    return has_status and mistake(answer, expect) is not None


def _shown(body: bytes) -> str:
    # One byte is one character of Latin-1: what is cut off stays at its place.
    safe = starred(body[:_READ_BYTES].decode("latin-1")).encode("latin-1")
    shown = safe[:SHOWN_BYTES].decode(errors="backslashreplace")
    extent = "all" if len(body) <= SHOWN_BYTES else "first"
    return f"{extent} {min(len(body), SHOWN_BYTES)} bytes: {shown!r}"


class Connection:
    """One connection to a server, with a timeout for each exchange, not for each read."""

    def __init__(self, host: str, port: int, connect_s: float = ANSWER_WITHIN_S) -> None:
        self._authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._socket = socket.create_connection((host, port), timeout=connect_s)
        self._wire = _Wire(self._socket)
        self._stream = _Stream(self._wire)
        self._websocket: WebSocket | None = None
        """What it was made by the first message."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        if self._websocket is not None:
            with contextlib.suppress(OSError):
                self._websocket.close()
        self._socket.close()

    def ask(
        self, probe: Request, *, keep_alive: bool, timeout_s: float = ANSWER_WITHIN_S
    ) -> Answer:
        """Send one request and read its response; for a message, by a WebSocket.

        Raises OSError if none comes, http.client.HTTPException or ValueError if it is not HTTP,
        TooLargeBody, and WebSocketFault.
        """
        if probe.message is not None:
            return self._ask_by_message(probe, timeout_s)
        self.send([probe], keep_alive=keep_alive, timeout_s=timeout_s)
        return self.receive(probe)

    def send(self, probes: Sequence[Request], *, keep_alive: bool, timeout_s: float) -> None:
        """Send requests at once; `timeout_s` is the limit of the whole exchange."""
        self._begin(timeout_s)
        self._socket.sendall(b"".join(self._written(probe, keep_alive) for probe in probes))

    def _begin(self, timeout_s: float) -> None:
        self._wire.deadline = time.monotonic() + timeout_s
        self._socket.settimeout(timeout_s)

    def _ask_by_message(self, probe: Request, timeout_s: float) -> Answer:
        """Send nothing before the upgrade is answered: many servers lose it."""
        assert probe.message is not None  # noqa: S101 - see `ask`
        self._begin(timeout_s)
        headers: tuple[tuple[str, str], ...] = ()
        if self._websocket is None:
            websocket = WebSocket(self._stream, self._socket.sendall, LARGEST_BODY_BYTES)
            upgrade = (*probe.headers, *websocket.upgrade().items())
            asked = replace(probe, headers=upgrade, body=b"")
            self._socket.sendall(self._written(asked, keep_alive=True))
            answer = self.receive(asked)
            if answer.status != UPGRADED:
                return answer
            websocket.accept(answer.headers)
            self._websocket, headers = websocket, answer.headers
        message = self._websocket.ask(probe.message, probe.body)
        return Answer(UPGRADED, message, headers=headers)

    def receive(self, probe: Request) -> Answer:
        """Read the next response, which belongs to `probe`."""
        response = http.client.HTTPResponse(self, method=probe.method)  # type: ignore[arg-type]  # it calls no other method of a socket than makefile()
        response.begin()
        body = _body(response)
        return Answer(response.status, body, response.will_close, tuple(response.getheaders()))

    def _written(self, probe: Request, keep_alive: bool) -> bytes:  # noqa: FBT001 - private
        # As the load engine writes them: some apps echo their headers.
        given = {name.lower() for name, _ in probe.headers}
        defaults = {"Host": self._authority, "User-Agent": "timetrial", "Accept": "*/*"}
        headers = {name: value for name, value in defaults.items() if name.lower() not in given}
        body, of_body = sent_body(probe)
        headers |= {name: value for name, value in of_body.items() if name.lower() not in given}
        headers |= dict(probe.headers)
        if not keep_alive:
            headers["Connection"] = "close"
        lines = [f"{probe.method} {probe.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the same stream for every response, so that the next one sees surplus bytes."""
        return self._stream


class TooLargeBody(http.client.HTTPException):
    """A body of more than `LARGEST_BODY_BYTES`."""

    def __str__(self) -> str:
        return f"answered with more than {size(LARGEST_BODY_BYTES)}"


def _body(response: http.client.HTTPResponse) -> bytes:
    """Read a body in pieces: no more of it than is allowed is ever kept."""
    if (response.length or 0) > LARGEST_BODY_BYTES:
        raise TooLargeBody
    pieces, read = [], 0
    while piece := response.read(PIECE_BYTES):
        read += len(piece)
        if read > LARGEST_BODY_BYTES:
            raise TooLargeBody
        pieces.append(piece)
    if response.length:
        raise http.client.IncompleteRead(b"".join(pieces), response.length)
    return b"".join(pieces)


class _Wire(io.RawIOBase):
    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._peer.settimeout(left_s)
        return self._peer.recv_into(buffer)


class _Stream(io.BufferedReader):
    def close(self) -> None:
        """Stay open, though http.client closes its stream after a response."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of one readiness test."""

    answered: bool
    problem: str | None
    """None for a correct response."""
    body_differs: bool = False
    """Whether the body alone is wrong."""

    def failure(self, then: str = "") -> StackFailed:
        """Return the failure of a stack that has given this wrong response."""
        return StackFailed("answer", f"{self.problem}{then}", body_differs=self.body_differs)


Attempt = Callable[[float], AttemptResult]
"""Tests once; its argument is the timeout in s."""


def _attempt(launch: Launch, timeout_s: float) -> AttemptResult:
    try:
        with Connection(launch.host, launch.port, timeout_s) as connection:
            answer = connection.ask(launch.probe, keep_alive=False, timeout_s=timeout_s)
    except OSError as error:
        return AttemptResult(answered=False, problem=describe(error, timeout_s))
    except (http.client.HTTPException, ValueError) as error:
        return AttemptResult(answered=True, problem=describe(error, timeout_s))
    expect = launch.probe.expect
    differs = differs_in_body(answer, expect)
    return AttemptResult(answered=True, problem=mistake(answer, expect), body_differs=differs)


def ended_text(code: int) -> str:
    """Write 'exited with code 3' or 'was killed by SIGKILL'."""
    if code >= 0:
        return f"exited with code {code}"
    number = -code  # signals for real time have no name of their own
    known = number in set(signal.Signals)
    return f"was killed by {signal.Signals(number).name if known else f'signal {number}'}"


def _ended(code: int, wrong: AttemptResult | None) -> StackFailed:
    how = ended_text(code)
    if wrong:
        return wrong.failure(f", then {how}")
    return StackFailed("start", f"{how} before it answered")


def _too_late(launch: Launch, problem: str | None) -> StackFailed:
    reason = f"nothing answered on port {launch.port} within {launch.start_timeout_s:g} s"
    longer = f"; {launch.timeout_option} gives it longer" if launch.timeout_option else ""
    return StackFailed("start", f"{reason} ({problem}){longer}")


def describe(error: Exception, timeout_s: float) -> str:
    """Return in words why there is no response."""
    match error:
        case http.client.RemoteDisconnected():
            return "the connection was closed without an answer"
        case TimeoutError():
            return f"no complete answer in {timeout_s:.2g} s"
        case OSError():
            return (error.strerror or str(error) or type(error).__name__).lower()
        case WebSocketFault() | TooLargeBody():
            return str(error)
        case http.client.IncompleteRead():
            return "answered with a body that ends too early"
        case _:
            return f"answered with something that is not HTTP ({error!r:.{SHOWN_BYTES}})"


def _growing(first: float, factor: float, last: float) -> Iterator[float]:
    value = first
    while True:
        yield value
        value = min(value * factor, last)
