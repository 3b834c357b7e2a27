"""Whether a stack responds, and responds correctly."""

from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from timetrial.model import NS_PER_S, Request, StackFailed
from timetrial.stacks.answer import SHOWN_BYTES, Answer, differs_in_body, mistake
from timetrial.stacks.connection import ANSWER_WITHIN_S, Connection, TooLargeBody
from timetrial.stacks.launch import Launch
from timetrial.stacks.websocket import WebSocketFault

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
SHARE_OF_WAIT = 0.9
"""A response after a smaller share of the wait time cannot come from the right view."""
REQUESTS_PER_CHECK = 2
SHORTEST_S = 0.001


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


def check_answers(  # noqa: PLR0913 - where, what, and how
    host: str,
    port: int,
    probe: Request,
    *,
    keep_alive: bool,
    timeout_s: float = ANSWER_WITHIN_S,
    authority: Path | None = None,
) -> None:
    """Send the probe twice to a running stack, over one connection if it keeps them alive.

    With an `authority` of its certificate, over TLS.

    Raises StackFailed for a wrong response, or for none within `timeout_s` plus the wait time of
    the app.
    """
    timeout_s += probe.wait_s
    # A stream is left before it ends, which takes its connection.
    keep_alive = keep_alive and probe.stream is None
    connections = 1 if keep_alive else REQUESTS_PER_CHECK
    for _ in range(connections):
        answered = 0
        try:
            with Connection(host, port, timeout_s, authority=authority) as connection:
                while answered < REQUESTS_PER_CHECK // connections:
                    answer = connection.ask(probe, keep_alive=keep_alive, timeout_s=timeout_s)
                    _require_correct(answer, probe)
                    answered += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            which = f"{probe.path}, asked again on the same connection," if answered else probe.path
            reason = f"{which} got no answer: {describe(error, timeout_s)}"
            raise StackFailed("answer", reason) from error


def check_wait(host: str, port: int, probe: Request, authority: Path | None = None) -> None:
    """Send a running stack a request whose app waits.

    Raises StackFailed if the response is wrong, missing or too early.
    """
    timeout_s = ANSWER_WITHIN_S + probe.wait_s
    began_s = time.monotonic()
    try:
        with Connection(host, port, authority=authority) as connection:
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
        with Connection.to(launch, timeout_s) as connection:
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
