"""A driver for tests, without network and without waiting: a script decides its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from timetrial._engine import Histogram
from timetrial.drivers.driver import (
    ClockGaps,
    Closing,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.drivers.streams_and_idle import IdleFacts, StreamFacts
from timetrial.machine.clock import Clock
from timetrial.model import Counts, Http2Facts, TlsHandshakes, nanoseconds, seconds

_CONNECT_TIME_NS = 1_000_000
_DRAIN_NS = 1_000_000
_GENERATOR_SHARE = 0.1
_LATE = 0.9
"""Of the time for which connections are held, what is over when progress is told."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How a target behaves in one load."""

    requests_per_s: float = 1_000.0
    wrong: bool = False
    """Whether all of its responses have the wrong status."""
    silent: bool = False
    """Whether none of its responses comes in time."""
    gap_s: float = 0.0
    """For how long the generator itself stands still meanwhile."""
    holds: int | None = None
    """Idle connections that it holds at most; None: all."""
    streams: StreamFacts | None = None
    """What responses were that are streams."""
    tls: TlsHandshakes | None = None
    http2: Http2Facts | None = None
    """What is told of TLS and HTTP/2."""


Script = Callable[[Target, LoadSpec], Scene]
"""May raise the exceptions of a load, such as KeyboardInterrupt."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session that was opened, and its loads."""

    targets: tuple[Target, ...]
    setting: SessionConfig
    drives: list[LoadSpec] = field(default_factory=list)


class ScriptedDriver:
    """Plays a script and records every session; its clock advances with the loads."""

    def __init__(self, script: Script = lambda _target, _drive: Scene()) -> None:
        self.script = script
        self.sessions: list[OpenedSession] = []
        self.open_sessions = 0
        self.now_ns = 0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_ns, self.wait)

    def wait(self, wait_s: float) -> None:
        self.now_ns += nanoseconds(wait_s)

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> ScriptedSession:
        opened = OpenedSession(tuple(targets), setting)
        self.sessions.append(opened)
        self.open_sessions += 1
        return ScriptedSession(self, opened)

    def open_duet(self, targets: tuple[Target, Target], setting: SessionConfig) -> ScriptedDuet:
        return ScriptedDuet(self.open(targets, setting), self)


class ScriptedSession(Closing):
    """One session of a scripted driver."""

    interrupted: tuple[LoadResult, ...] = ()

    def __init__(self, driver: ScriptedDriver, opened: OpenedSession) -> None:
        self._driver = driver
        self._opened = opened
        self._connected: set[int] = set()

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        self._opened.drives.append(spec)
        scene = self._driver.script(self._opened.targets[spec.target], spec)
        setting = self._opened.setting
        if spec.idle:
            return self._hold(scene, spec, on_progress)
        connects = 0 if spec.target in self._connected else setting.connections
        self._connected.add(spec.target)
        result = _played(scene, spec, self._driver.now_ns, setting, connects)
        self._driver.now_ns = result.drained_ns
        return result

    def _hold(self, scene: Scene, spec: LoadSpec, on_progress: OnProgress | None) -> LoadResult:
        """Open connections and hold them; only here is there progress, just before the end."""
        wanted = self._opened.setting.connections
        held = wanted if scene.holds is None else min(wanted, scene.holds)
        started_ns = self._driver.now_ns
        self._driver.wait(spec.window_s * _LATE)
        if on_progress is not None:
            on_progress(Progress(held, wanted - held, 100 * held, held))
        self._driver.now_ns = started_ns
        result = _played(
            Scene(wanted / spec.window_s), spec, started_ns, self._opened.setting, held
        )
        self._driver.now_ns = result.drained_ns
        counts = Counts(arrivals=wanted, ok=held, connect_failed=wanted - held)
        return replace(
            result,
            counts=counts,
            overall=counts,
            completions=held,
            connections_reached=held,
            idle=IdleFacts(held, not_kept=0, resets=0, closed_after=Histogram()),
        )

    def close(self) -> None:
        self._driver.open_sessions -= 1


class ScriptedDuet(Closing):
    """One session of a scripted driver that loads two targets at once."""

    def __init__(self, session: ScriptedSession, driver: ScriptedDriver) -> None:
        self._session = session
        self._driver = driver

    def run_load(
        self, spec: LoadSpec, on_progress: OnProgress | None = None
    ) -> tuple[LoadResult, LoadResult]:
        began_ns = self._driver.now_ns
        first = self._session.run_load(replace(spec, target=0), on_progress)
        self._driver.now_ns = began_ns
        return first, self._session.run_load(replace(spec, target=1), on_progress)

    def close(self) -> None:
        self._session.close()


def _played(
    scene: Scene, spec: LoadSpec, started_ns: int, setting: SessionConfig, connects: int
) -> LoadResult:
    in_lead_in = int(scene.requests_per_s * spec.lead_in_s)
    in_window = int(scene.requests_per_s * spec.window_s)
    if spec.max_requests is not None:
        in_window = min(in_window, max(0, spec.max_requests - in_lead_in))
    opened_ns = started_ns + nanoseconds(spec.lead_in_s)
    closed_ns = opened_ns + min(
        nanoseconds(spec.window_s), nanoseconds(in_window / scene.requests_per_s)
    )
    response_time, connect_time = Histogram(), Histogram()
    # By Little's law: each connection always has its requests in flight.
    in_flight = setting.connections * setting.pipeline
    response_time.record(nanoseconds(in_flight / scene.requests_per_s), in_window)
    connect_time.record(_CONNECT_TIME_NS, connects)
    counts = _counts(scene, in_window)
    return LoadResult(
        started_ns=started_ns,
        opened_ns=opened_ns,
        closed_ns=closed_ns,
        drained_ns=closed_ns + _DRAIN_NS,
        counts=counts,
        completions=counts.ok,
        overall=_counts(scene, in_lead_in + in_window),
        response_time=response_time,
        service_time=response_time,
        lateness=Histogram(),
        connect_time=connect_time,
        by_request=(),
        iteration_time=Histogram(),
        series=(),
        completions_per_connection=(),
        statuses={500 if scene.wrong else 200: in_window},
        bytes_received=100 * in_window,
        connections_reached=setting.connections,
        unsolicited=0,
        generator_cpu_s=_GENERATOR_SHARE * seconds(closed_ns - opened_ns),
        generator_wait_s=0.0,
        generator_threads=1,
        tls=scene.tls,
        http2=scene.http2,
        gaps=ClockGaps(scene.gap_s, scene.gap_s, opened_ns if scene.gap_s else 0),
        streams=scene.streams,
    )


def _counts(scene: Scene, requests: int) -> Counts:
    if scene.wrong:
        return Counts(arrivals=requests, wrong_status=requests)
    if scene.silent:
        return Counts(arrivals=requests, timeout=requests)
    return Counts(arrivals=requests, ok=requests)
