"""Stacks as running processes: supervised, ready or failed, stopped without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, Self

from timetrial.machine import ports, supervisor
from timetrial.machine.procfs import living, living_descendants, session_members
from timetrial.model.errors import StackFailed
from timetrial.model.measurement import ProcessStamp
from timetrial.stacks import readiness
from timetrial.stacks.launch import Launch

GRACE_S = 5.0
SPAWN_WITHIN_S = 10.0
REPORT_WITHIN_S = 2.0
"""A supervisor's answer beyond what it may wait for itself."""
OWNERSHIP_LOOKS = 4
OWNERSHIP_PAUSE_S = 0.05
"""Workers that are being forked listen before they are seen: a stranger stays, they get known."""
TAIL_BYTES = 64 * 1024


def start(launch: Launch, attempt: readiness.Attempt | None = None) -> RunningStack:
    """Start a stack and wait until it answers correctly, as its probe or `attempt` finds.

    Raises PortTaken, or StackFailed once all that had been started is stopped again.
    """
    ports.require_free(launch.host, launch.port)
    supervised = _SupervisedProcess(launch)
    try:
        supervised.spawn(launch)
        ready_ns = readiness.await_ready(launch, supervised.exit_code, attempt)
        _require_own_listener(launch.port, supervised)
    except StackFailed as failure:
        supervised.stop(grace_s=0)
        reason = launch.without_passwords(failure.reason)
        raise StackFailed(failure.phase, reason, _tail(launch, 20)) from failure
    except BaseException:
        supervised.stop(grace_s=0)
        raise
    return RunningStack(launch, supervised, ready_ns)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a stack came to its end."""

    stop_signal: Literal["TERM", "KILL"]
    """The signal that it took until all of it was gone."""
    exit_code: int | None
    """Of the main process, negative for a signal; None if nobody could see it."""
    stopped_ns: int
    """When all was gone, CLOCK_MONOTONIC."""
    processes: tuple[ProcessStamp, ...]
    """The tree just before the stop was asked for, ordered."""
    warnings: tuple[str, ...] = ()


class RunningStack:
    """A stack that has answered. Leaving its context stops it."""

    def __init__(self, launch: Launch, supervised: _SupervisedProcess, ready_ns: int) -> None:
        self.launch = launch
        self.pid = supervised.pid
        """Of the main process."""
        self.started_ns = supervised.started_ns
        self.ready_ns = ready_ns
        """When the first correct response had come; both are CLOCK_MONOTONIC."""
        self._supervised = supervised

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def processes(self) -> tuple[ProcessStamp, ...]:
        """List all living processes that came of the start, wherever they moved; ordered."""
        return self._supervised.processes()

    def log_tail(self, lines: int = 20) -> str:
        return _tail(self.launch, lines)

    def is_alive(self) -> bool:
        """Whether the main process lives."""
        return self._supervised.exit_code() is None

    def exit_code(self) -> int | None:
        """Tell how the main process ended, negative for a signal; None as long as it lives."""
        return self._supervised.exit_code()

    def stop(self, grace_s: float = GRACE_S) -> Stopped:
        """Ask all of it to end, and kill what has not after `grace_s`; a second stop does nothing
        and returns what the first did.
        """
        return self._supervised.stop(grace_s)


class _SupervisedProcess:
    """One supervisor and what it keeps, as its parent sees them."""

    def __init__(self, launch: Launch) -> None:
        self.pid = 0
        self.started_ns = 0
        self._exit_code: int | None = None
        self._lost = False
        """The supervisor ended, or was killed: it says nothing more."""
        self._last_seen: tuple[ProcessStamp, ...] = ()
        self._stopped: Stopped | None = None
        self._reports: deque[dict[str, Any]] = deque()
        self._unread = b""
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        launch.log.write_bytes(b"")
        with launch.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid())],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C goes to the terminal's foreground group, where the supervisor may not be.
                start_new_session=True,
            )

    def spawn(self, launch: Launch) -> None:
        self._order(
            command=launch.command, env=dict(launch.env), cwd=str(launch.cwd), cpus=launch.cpus
        )
        report = self._await("pid", "failed", within_s=SPAWN_WITHIN_S)
        if report is None:
            raise StackFailed(
                "start", f"its supervisor did not start it within {SPAWN_WITHIN_S:g} s"
            )
        if "failed" in report:
            raise StackFailed("start", f"could not be started: {report['failed']}")
        self.pid, self.started_ns = report["pid"], report["started_ns"]

    def exit_code(self) -> int | None:
        """Return how the main process ended, None as long as it has not."""
        self._receive(within_s=0)
        return self._exit_code

    def processes(self) -> tuple[ProcessStamp, ...]:
        if self._stopped or self._lost:
            return ()
        self._last_seen = living_descendants(self._supervisor.pid)
        return self._last_seen

    def stop(self, grace_s: float) -> Stopped:
        if self._stopped is None:
            before = self.processes()
            report = self._ask_to_stop(grace_s)
            self._end_supervisor()
            if report is None:
                report = {"stopped": "KILL", "exit_code": self._exit_code, "left": self._sweep()}
            left = ", ".join(map(str, report["left"]))
            self._stopped = Stopped(
                stop_signal=report["stopped"],
                exit_code=report["exit_code"],
                stopped_ns=time.monotonic_ns(),
                processes=before,
                warnings=(f"could not be killed: pid {left}",) if left else (),
            )
        return self._stopped

    def _ask_to_stop(self, grace_s: float) -> dict[str, Any] | None:
        if not self.pid:
            return None
        self._order(grace_s=grace_s)
        return self._await("stopped", within_s=grace_s + supervisor.KILL_WITHIN_S + REPORT_WITHIN_S)

    def _end_supervisor(self) -> None:
        """Close its standard input, at which it kills all that is left; then wait for it."""
        for pipe in (self._supervisor.stdin, self._supervisor.stdout):
            if pipe:
                pipe.close()
        try:
            self._supervisor.wait(supervisor.KILL_WITHIN_S + REPORT_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()

    def _sweep(self) -> list[int]:
        """Kill what a supervisor that was killed has left; return what stays."""
        deadline = time.monotonic() + supervisor.KILL_WITHIN_S
        while (left := self._orphans()) and time.monotonic() < deadline:
            for pid in left:
                supervisor.send(pid, signal.SIGKILL)
            time.sleep(0.005)
        return left

    def _orphans(self) -> list[int]:
        """List the server's session and those who were seen last: nobody adopts them any more."""
        known = set(living(stamp.pid for stamp in self._last_seen)) & set(self._last_seen)
        session = session_members(self.pid) if self.pid else ()
        return [stamp.pid for stamp in sorted({*known, *session})]

    def _order(self, **order: object) -> None:
        if self._supervisor.stdin is None or self._supervisor.stdin.closed:
            return
        unsent = json.dumps(order).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):  # it ended: nothing will be reported
            while unsent:
                unsent = unsent[self._supervisor.stdin.write(unsent) :]

    def _await(self, *kinds: str, within_s: float) -> dict[str, Any] | None:
        """Wait for a report that has one of those keys; None if none comes."""
        deadline = time.monotonic() + within_s
        while True:
            while self._reports:
                report = self._reports.popleft()
                if any(kind in report for kind in kinds):
                    return report
            left_s = deadline - time.monotonic()
            if self._lost or left_s <= 0:
                return None
            self._receive(within_s=left_s)

    def _receive(self, within_s: float) -> None:
        """Take in what the supervisor has reported, waiting for the first of it."""
        pipe = self._supervisor.stdout
        if self._lost or pipe is None or pipe.closed:
            return
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while not self._lost and poll.poll(within_s * 1000):
            data = os.read(pipe.fileno(), 65536)
            *lines, self._unread = (self._unread + data).split(b"\n")
            for report in map(json.loads, lines):
                self._exit_code = report.get("exit_code", self._exit_code)
                self._reports.append(report)
            within_s = 0
            if not data:
                self._lost = True
                if self._exit_code is None:  # the kernel kills the server after its supervisor
                    self._exit_code = -signal.SIGKILL


def _require_own_listener(port: int, supervised: _SupervisedProcess) -> None:
    for _ in range(OWNERSHIP_LOOKS):
        own = [stamp.pid for stamp in supervised.processes()]
        others = ports.foreign_listeners(port, own)
        if not others:
            return
        time.sleep(OWNERSHIP_PAUSE_S)
    also = "also " if ports.listens(port, own) else ""
    named = "; ".join(map(str, others))
    raise StackFailed("start", f"port {port} is {also}served by another process ({named})")


def _tail(launch: Launch, lines: int) -> str:
    try:
        with launch.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return launch.without_passwords("\n".join(text.splitlines()[-lines:]))
