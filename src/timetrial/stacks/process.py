"""Stacks as running processes: supervised, ready or failed, and stopped completely."""

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
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from timetrial.machine import ports, supervisor
from timetrial.machine.procfs import living, living_descendants, session_members
from timetrial.model import ProcessStamp, StackFailed
from timetrial.stacks import readiness
from timetrial.stacks.launch import Launch

GRACE_S = 5.0
SPAWN_WITHIN_S = 10.0
REPORT_WITHIN_S = 2.0
"""How long a supervisor's report may take beyond its own waiting."""
OWNERSHIP_LOOKS = 4
OWNERSHIP_PAUSE_S = 0.05
"""Forked workers may listen before they are found: only another process is foreign every time."""
ORPHANED = "was ended with its supervisor, which something outside has killed,"
TAIL_BYTES = 64 * 1024
MOST_LOG_BYTES = (
    supervisor.LOG_HEAD_BYTES
    + supervisor.LOG_BLOCK_BYTES
    + supervisor.LOG_CUT_BYTES
    + supervisor.LOG_TAIL_BYTES
)
"""Of a longer log the middle is cut out."""


def start(launch: Launch, attempt: readiness.Attempt | None = None) -> RunningStack:
    """Start a stack and wait until it responds correctly to its probe, or to `attempt`.

    Raises PortTaken, or StackFailed after all of its processes were stopped.
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
        if supervised.is_orphan:
            reason = f"{ORPHANED} before it answered"
            raise StackFailed("start", reason, log_tail(launch, 20), blameless=True) from failure
        raise failure.with_log(reason, log_tail(launch, 20)) from failure
    except BaseException:
        supervised.stop(grace_s=0)
        raise
    return RunningStack(launch, supervised, ready_ns)


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How the main process of a stack ended that nobody has stopped."""

    how: str
    """As 'exited with code 3'."""
    by_itself: bool = True
    """False if it was ended with its supervisor, which somebody has killed."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a stack ended."""

    stop_signal: Literal["TERM", "KILL"]
    """The signal after which all of its processes ended."""
    exit_code: int | None
    """Exit code of the main process, negative for a signal; None if it is unknown."""
    stopped_ns: int
    """When all processes had ended, CLOCK_MONOTONIC."""
    processes: tuple[ProcessStamp, ...]
    """The process tree before the stop, ordered."""
    warnings: tuple[str, ...] = ()
    fixed_addresses: bool = False
    """Whether its addresses were not randomized, as its launch wanted."""


class RunningStack:
    """A stack that has responded. Leaving its context stops it."""

    def __init__(self, launch: Launch, supervised: _SupervisedProcess, ready_ns: int) -> None:
        self.launch = launch
        self.pid = supervised.pid
        """Of the main process."""
        self.started_ns = supervised.started_ns
        self.ready_ns = ready_ns
        """When the first correct response was complete; both are CLOCK_MONOTONIC."""
        self._supervised = supervised
        self._warnings: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def processes(self) -> tuple[ProcessStamp, ...]:
        """List all living processes of the stack, also in other sessions; ordered."""
        return self._supervised.processes()

    def log_tail(self, lines: int = 20) -> str:
        return log_tail(self.launch, lines)

    def is_alive(self) -> bool:
        """Whether the main process lives."""
        return self._supervised.exit_code() is None

    def exit_code(self) -> int | None:
        """Return the exit code of the main process, negative for a signal; None while it lives."""
        return self._supervised.exit_code()

    def ending(self) -> ProcessEnd | None:
        """Return how the main process ended; None while it lives."""
        code = self._supervised.exit_code()
        if code is None:
            return None
        if self._supervised.is_orphan:
            return ProcessEnd(ORPHANED, by_itself=False)
        return ProcessEnd(readiness.ended_text(code))

    def stop(self, grace_s: float = GRACE_S) -> Stopped:
        """Send SIGTERM, and SIGKILL after `grace_s`; a second stop returns the first result."""
        stopped = self._supervised.stop(grace_s)
        return replace(
            stopped,
            warnings=(*self._warnings, *stopped.warnings),
            fixed_addresses=self._supervised.fixed_addresses,
        )

    def warn(self, warning: str) -> None:
        """Add a warning to what is recorded of this life."""
        self._warnings += (warning,)


class _SupervisedProcess:
    """One supervisor and its process tree, as seen by its parent."""

    def __init__(self, launch: Launch) -> None:
        self.pid = 0
        self.started_ns = 0
        self.fixed_addresses = False
        self._exit_code: int | None = None
        self.is_orphan = False
        """Whether the supervisor ended while the server lived: the kernel has killed it then."""
        self._lost = False
        """Whether the supervisor has ended, so that no report follows."""
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
            command=launch.command,
            env=dict(launch.env),
            cwd=str(launch.cwd),
            cpus=launch.cpus,
            fixed_addresses=launch.common is not None and launch.common.fixed_addresses,
        )
        report = self._await("pid", "failed", within_s=SPAWN_WITHIN_S)
        if report is None:
            raise StackFailed(
                "start", f"its supervisor did not start it within {SPAWN_WITHIN_S:g} s"
            )
        if "failed" in report:
            raise StackFailed("start", f"could not be started: {report['failed']}")
        self.pid, self.started_ns = report["pid"], report["started_ns"]
        self.fixed_addresses = report["fixed_addresses"]

    def exit_code(self) -> int | None:
        """Return the exit code of the main process; None while it lives."""
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
            report = None
            if self.pid:
                self._order(grace_s=grace_s)
                within_s = grace_s + supervisor.KILL_WITHIN_S + REPORT_WITHIN_S
                report = self._await("stopped", within_s=within_s)
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

    def _end_supervisor(self) -> None:
        """Close its standard input, so that it kills what is left, and wait for its end."""
        for pipe in (self._supervisor.stdin, self._supervisor.stdout):
            if pipe:
                pipe.close()
        try:
            self._supervisor.wait(supervisor.KILL_WITHIN_S + REPORT_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()

    def _sweep(self) -> list[int]:
        """Kill the processes that a killed supervisor left; return the pids that remain."""
        deadline = time.monotonic() + supervisor.KILL_WITHIN_S
        while (left := self._orphans()) and time.monotonic() < deadline:
            for pid in left:
                supervisor.send(pid, signal.SIGKILL)
            time.sleep(0.005)
        return left

    def _orphans(self) -> list[int]:
        """List the server's session and the last known processes: they have no supervisor."""
        known = set(living(stamp.pid for stamp in self._last_seen)) & set(self._last_seen)
        session = session_members(self.pid) if self.pid else ()
        return [stamp.pid for stamp in sorted({*known, *session})]

    def _order(self, **order: object) -> None:
        if self._supervisor.stdin is None or self._supervisor.stdin.closed:
            return
        unsent = json.dumps(order).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):  # it ended: no report follows
            while unsent:
                unsent = unsent[self._supervisor.stdin.write(unsent) :]

    def _await(self, *kinds: str, within_s: float) -> dict[str, Any] | None:
        """Wait for a report with one of these keys; None if none comes."""
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
        """Read the reports of the supervisor, after waiting for the first one."""
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
                if self._exit_code is None:  # the kernel kills the server with its supervisor
                    self.is_orphan = bool(self.pid) and self._stopped is None
                    self._exit_code = -signal.SIGKILL


def _require_own_listener(port: int, supervised: _SupervisedProcess) -> None:
    for _ in range(OWNERSHIP_LOOKS):
        pids = [stamp.pid for stamp in supervised.processes()]
        foreign = ports.foreign_listeners(port, pids)
        if not foreign:
            return
        time.sleep(OWNERSHIP_PAUSE_S)
    also = "also " if ports.listens(port, pids) else ""
    named = "; ".join(map(str, foreign))
    raise StackFailed("start", f"port {port} is {also}served by another process ({named})")


def log_tail(launch: Launch, lines: int) -> str:
    """Return the last lines of a log, without passwords; '' where there is none."""
    try:
        with launch.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    last = text.splitlines()[-lines:]
    if size > MOST_LOG_BYTES:
        last.insert(0, f"[of {size:,} bytes of the log, its beginning and its end were kept]")
    return launch.without_passwords("\n".join(last))
