"""Load for experiments: a burst, and an open load during which an event happens."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from timetrial._engine import Histogram
from timetrial.analysis.checks.generator_stops import LEAST_S
from timetrial.drivers.driver import (
    Bin,
    Driver,
    LoadResult,
    LoadSpec,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.model import (
    BIN_S,
    ArrivalSchedule,
    Counts,
    EventOutcome,
    StackFailed,
    Stage,
    seconds,
)

BURST_CONNECTIONS = 16
LOOK_EVERY_S = 0.01
MOST_CONNECTIONS = 1_000
"""Of an open load: where connects are refused, no arrival waits for one to be tried again."""
MEDIAN = 0.5


def burst(
    driver: Driver, target: Target, cpus: tuple[int, ...], length_s: float, timeout_s: float
) -> LoadResult:
    """Drive a closed load: as fast as the stack answers."""
    setting = SessionConfig(connections=BURST_CONNECTIONS, cpus=cpus, timeout_s=timeout_s)
    with driver.open([target], setting) as session:
        return session.run_load(LoadSpec(target=0, window_s=length_s, drain_s=timeout_s))


class GeneratorStopped(StackFailed):
    """The load generator itself stood still around the event."""

    def __init__(self, for_s: float) -> None:
        why = f"the load generator itself stood still for {for_s:.1f} s: stopped, or without a CPU"
        super().__init__("measure", why)


@dataclasses.dataclass(frozen=True, slots=True)
class EventLoad:
    """The load around an event: how hard, and for how long before and after it."""

    rate_per_s: float
    before_s: float
    after_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class StackEvent:
    """What happens to a stack under load, and what is called; in the thread that drives."""

    happens: Callable[[], None]
    watch: Callable[[], None]
    """Called every 10 ms or so once it has happened."""
    look_around: Callable[[], None]
    """Called as often from the beginning."""


def drive_around_event(
    driver: Driver, target: Target, setting: SessionConfig, load: EventLoad, event: StackEvent
) -> EventOutcome:
    """Drive an open load, let the event happen after `before_s`, and then watch.

    Raises GeneratorStopped, as the load then tells nothing of the server.
    """
    began_s: float | None = None
    happened_ns: int | None = None

    def look(_progress: Progress) -> None:
        nonlocal began_s, happened_ns
        if began_s is None:  # the load began one look ago
            began_s = time.monotonic() - LOOK_EVERY_S
        event.look_around()
        if happened_ns is not None:
            event.watch()
        elif time.monotonic() - began_s >= load.before_s:
            happened_ns = time.monotonic_ns()
            event.happens()

    length_s, rate_per_s = load.before_s + load.after_s, load.rate_per_s
    drive = LoadSpec(
        target=0,
        lead_in_s=load.before_s,
        window_s=load.after_s,
        drain_s=setting.timeout_s,
        open=ArrivalSchedule((Stage(length_s, rate_per_s, rate_per_s),), "constant"),
        progress_every_s=LOOK_EVERY_S,
    )
    with driver.open([target], setting) as session:
        result = session.run_load(drive, look)
    if result.gaps is not None and result.gaps.largest_s >= LEAST_S:
        raise GeneratorStopped(result.gaps.largest_s)
    usual_s = _median_s(result.series, round(load.before_s / BIN_S))
    event_s = length_s if happened_ns is None else seconds(happened_ns - result.started_ns)
    return EventOutcome(
        rate_per_s=rate_per_s,
        length_s=length_s,
        event_s=round(event_s, 4),
        counts=result.overall,
        due_before=_without(result.overall, result.counts),
        completions=tuple(tenth.completions for tenth in result.series),
        failures=tuple(tenth.failures for tenth in result.series),
        in_flight=None if usual_s is None else round(rate_per_s * usual_s, 3),
    )


def _median_s(series: Sequence[Bin], bins: int) -> float | None:
    """Return the median response time of what ended in the first tenths of a second, if any."""
    times = Histogram()
    for tenth in series[:bins]:
        for time_ns, count in tenth.response_times.items():
            times.record(time_ns, count)
    return seconds(times.quantile(MEDIAN)) if times.count else None


def _without(counts: Counts, those: Counts) -> Counts:
    """Subtract some requests from all, by outcome."""
    excluded = dataclasses.asdict(those)
    return Counts(**{kind: n - excluded[kind] for kind, n in dataclasses.asdict(counts).items()})
