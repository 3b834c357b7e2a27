"""A server that is simulated: its capacity is known, and its time passes without waiting.

It is a queue in front of so many slots, each of which takes a fixed time for a request. It may
freeze, and it may die. `VirtualDriver` drives it as the engine drives a real one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Self

from timetrial._engine import Histogram
from timetrial.drivers.driver import (
    ClockGaps,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.machine.clock import Clock
from timetrial.model.load import ArrivalSchedule
from timetrial.model.measurement import Counts
from timetrial.model.units import nanoseconds, seconds

MANY_SLOTS = 1_000
_REFUSED_NS = 20_000
_CONNECTED_NS = 50_000
_TRY_AGAIN_NS = 10_000_000
_GENERATOR_SHARE = 0.1

Outcome = Literal["ok", "reset", "connect_failed", "timeout", "censored"]


@dataclass
class VirtualTime:
    """Passes only when somebody waits, or drives."""

    now_ns: int = 1_000_000_000

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_ns, self.wait)

    def wait(self, wait_s: float) -> None:
        self.now_ns += nanoseconds(wait_s)


@dataclass
class VirtualServer:
    """Answers each request after `service_s`, as many at a time as it has slots."""

    time: VirtualTime
    service_s: float
    slots: int = MANY_SLOTS
    lives_for: int | None = None
    """How many requests it answers before it dies; None: it never does."""
    listens: bool = True
    _free_ns: list[int] = field(default_factory=list)
    _frozen_ns: tuple[int, int] = (0, 0)

    def freeze(self, length_s: float) -> None:
        """Do nothing from now on for so long; what is being served then takes so much longer."""
        self._frozen_ns = (self.time.now_ns, self.time.now_ns + nanoseconds(length_s))

    def serve(self, sent_ns: int) -> tuple[Outcome, int]:
        """Tell what becomes of a request, and when; requests come in the order of their times."""
        if not self.listens:
            return "connect_failed", sent_ns + _REFUSED_NS
        if self.lives_for is not None:
            self.lives_for -= 1
            if self.lives_for < 0:
                self.listens = False
                return "reset", sent_ns + _REFUSED_NS
        if len(self._free_ns) < self.slots and (not self._free_ns or self._free_ns[0] > sent_ns):
            begins_ns = sent_ns
        else:
            begins_ns = max(sent_ns, heapq.heappop(self._free_ns))
        ends_ns = self._thawed(begins_ns, begins_ns + nanoseconds(self.service_s))
        heapq.heappush(self._free_ns, ends_ns)
        return "ok", ends_ns

    def _thawed(self, begins_ns: int, ends_ns: int) -> int:
        from_ns, until_ns = self._frozen_ns
        if begins_ns >= until_ns or ends_ns <= from_ns:
            return ends_ns
        return ends_ns + until_ns - max(begins_ns, from_ns)


@dataclass(frozen=True, slots=True)
class _Sent:
    due_ns: int
    ended_ns: int
    outcome: Outcome


@dataclass
class VirtualDriver:
    """Drives the servers that a function finds behind targets, and lets the time pass."""

    time: VirtualTime
    behind: Callable[[Target], VirtualServer]
    generator_wait: float = 0.0
    """For what share of its time the load generator waits for a CPU, from 0 to 1."""
    generator_gap: float = 0.0
    """For what share of a window it stands still."""
    open_sessions: int = 0
    drives: list[LoadSpec] = field(default_factory=list)

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> VirtualSession:
        self.open_sessions += 1
        return VirtualSession(self, targets, setting)


class VirtualSession:
    """Connections to virtual servers."""

    interrupted: tuple[LoadResult, ...] = ()

    def __init__(
        self, driver: VirtualDriver, targets: Sequence[Target], setting: SessionConfig
    ) -> None:
        self._driver = driver
        self._targets = targets
        self._setting = setting

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        self._driver.drives.append(spec)
        server = self._driver.behind(self._targets[spec.target])
        load = _Load(spec, self._setting, server, self._driver.time.now_ns)
        sent = list(load.sent())
        result = load.result(sent, self._driver)
        self._let_pass(result, sent, spec, on_progress)
        return result

    def _let_pass(
        self, result: LoadResult, sent: Sequence[_Sent], spec: LoadSpec, told: OnProgress | None
    ) -> None:
        """Move the clock to the end, and tell on the way how far it has got."""
        every_ns = nanoseconds(spec.progress_every_s)
        ends = sorted(each.ended_ns for each in sent if each.outcome == "ok")
        done = 0
        for now_ns in range(result.started_ns + every_ns, result.closed_ns + 1, every_ns):
            self._driver.time.now_ns = now_ns
            while done < len(ends) and ends[done] <= now_ns:
                done += 1
            if told is not None:
                told(Progress(done, 0, 100 * done, result.connections_reached))
        self._driver.time.now_ns = result.drained_ns

    def close(self) -> None:
        self._driver.open_sessions -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _Load:
    """One drive: the requests that it sends, and what comes of them."""

    def __init__(
        self, spec: LoadSpec, setting: SessionConfig, server: VirtualServer, started_ns: int
    ) -> None:
        self._drive = spec
        self._setting = setting
        self._server = server
        self._started_ns = started_ns
        self._opened_ns = started_ns + nanoseconds(spec.lead_in_s)
        self._closes_ns = self._opened_ns + nanoseconds(spec.window_s)
        self._busy_until_ns: list[int] = []
        """Of each connection that was opened."""

    def sent(self) -> Iterator[_Sent]:
        return self._open() if self._drive.open is not None else self._closed()

    def _open(self) -> Iterator[_Sent]:
        """Send each request when it is due and a connection is free."""
        assert self._drive.open is not None
        gives_up_ns = self._closes_ns + nanoseconds(self._drive.drain_s)
        for due_ns in _due_ns(self._drive.open, self._started_ns, self._closes_ns):
            sent_ns = max(due_ns, self._free_from_ns(due_ns))
            if sent_ns >= gives_up_ns:
                heapq.heappush(self._busy_until_ns, sent_ns)
                yield _Sent(due_ns, gives_up_ns, "censored")
            else:
                yield self._one(due_ns, sent_ns)

    def _free_from_ns(self, now_ns: int) -> int:
        """Take the connection that is free first, or open another one."""
        busy = self._busy_until_ns
        if len(busy) < self._setting.connections and (not busy or busy[0] > now_ns):
            return now_ns
        return heapq.heappop(busy)

    def _closed(self) -> Iterator[_Sent]:
        """Let each connection send as soon as its last response has come."""
        self._busy_until_ns = [self._started_ns] * self._setting.connections
        most = self._drive.max_requests
        for number in itertools.count(1):
            sent_ns = heapq.heappop(self._busy_until_ns)
            if sent_ns >= self._closes_ns:
                return
            one = self._one(sent_ns, sent_ns)
            if one.outcome == "connect_failed":
                heapq.heapreplace(self._busy_until_ns, one.ended_ns + _TRY_AGAIN_NS)
            yield one
            if most is not None and number >= most:
                self._closes_ns = min(self._closes_ns, max(one.ended_ns, self._opened_ns + 1))
                return

    def _one(self, due_ns: int, sent_ns: int) -> _Sent:
        outcome, ended_ns = self._server.serve(sent_ns)
        times_out_ns = sent_ns + nanoseconds(self._setting.timeout_s)
        if ended_ns > times_out_ns:
            outcome, ended_ns = "timeout", times_out_ns
        heapq.heappush(self._busy_until_ns, ended_ns)
        return _Sent(due_ns, ended_ns, outcome)

    def result(self, sent: Sequence[_Sent], driver: VirtualDriver) -> LoadResult:
        here = [each for each in sent if each.due_ns >= self._opened_ns]
        response_time, lateness, connect_time = Histogram(), Histogram(), Histogram()
        for each in here:
            response_time.record(each.ended_ns - each.due_ns)
        lateness.record(0, len(here))
        connect_time.record(_CONNECTED_NS, len(self._busy_until_ns))
        counts = _counts(here)
        in_time = [e for e in sent if self._opened_ns <= e.ended_ns <= self._closes_ns]
        window_s = seconds(self._closes_ns - self._opened_ns)
        gap_s = driver.generator_gap * window_s
        return LoadResult(
            started_ns=self._started_ns,
            opened_ns=self._opened_ns,
            closed_ns=self._closes_ns,
            drained_ns=max([self._closes_ns, *(each.ended_ns for each in sent)]),
            counts=counts,
            completions=sum(each.outcome == "ok" for each in in_time),
            overall=_counts(sent),
            response_time=response_time,
            service_time=response_time,
            lateness=lateness,
            connect_time=connect_time,
            by_request=(),
            iteration_time=Histogram(),
            series=(),
            completions_per_connection=(),
            statuses={200: counts.ok},
            bytes_received=100 * counts.ok,
            connections_reached=len(self._busy_until_ns),
            unsolicited=0,
            generator_cpu_s=_GENERATOR_SHARE * window_s,
            generator_wait_s=driver.generator_wait * window_s,
            generator_threads=1,
            gaps=ClockGaps(gap_s, gap_s, self._opened_ns),
        )


def _due_ns(load: ArrivalSchedule, started_ns: int, until_ns: int) -> Iterator[int]:
    """List when requests are due; all stages have one rate here."""
    (stage,) = load.stages
    assert stage.rate_from == stage.rate_to
    random, gap_s = Random(load.seed), 1 / stage.rate_from  # noqa: S311 - it must repeat
    due_ns = started_ns
    while True:
        poisson = load.arrival == "poisson"
        due_ns += nanoseconds(random.expovariate(1 / gap_s) if poisson else gap_s)
        if due_ns >= until_ns:
            return
        yield due_ns


def _counts(sent: Sequence[_Sent]) -> Counts:
    came = [each.outcome for each in sent]
    return Counts(
        arrivals=len(came),
        ok=came.count("ok"),
        connect_failed=came.count("connect_failed"),
        reset=came.count("reset"),
        timeout=came.count("timeout"),
        censored=came.count("censored"),
    )
