"""What all experiments on one stack say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from timetrial.lifecycle.interference import Doubt, sift
from timetrial.lifecycle.repeat_range import Spread
from timetrial.model.experiment import (
    Experiment,
    ExperimentFailure,
    Reloading,
    Stopping,
    WorkerKilled,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StopFigures:
    """SIGTERM under load."""

    lost: Spread
    """Requests."""
    cut_off: Spread
    """Those of them that were under way when the signal came."""
    exit_s: Spread | None
    """None: it never ended by itself."""
    killed: int
    """How often it had to be killed, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """All that came up."""
    left: int
    """The most processes that lived on after the main one."""
    in_flight: float
    """Requests under way at a time, median."""


@dataclass(frozen=True, slots=True)
class ReloadFigures:
    """A reload under load."""

    signal: str
    lost: Spread
    """Requests, refused ones included: the server was to be there all the time."""
    outage_s: Spread
    took_s: Spread | None
    """None: the old workers never went while it was watched."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    unchanged: int
    """How often no worker was replaced, of `repeats`."""
    repeats: int


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """A killed worker."""

    alone: bool
    """There is no worker that could be killed: the main process serves alone."""
    lost: Spread | None
    """Requests, refused ones included, while the server lived; None where it ended each time."""
    outage_s: Spread | None
    back_s: Spread | None
    """None: nothing came back."""
    back: int
    """How often a new worker came, of `repeats`."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """With which it ended."""
    busiest: Spread | None
    """Share of the worker that served most (0 to 1)."""
    busiest_by: str
    """What that is a share of: 'requests' or 'CPU time'."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """One stack; what was not tried, or never worked, is None."""

    stack: str
    workers: int
    rate_per_s: float | None
    """Of the load under which things happened."""
    startup_s: Spread | None
    rest_bytes: Spread | None
    """A worker: of the whole tree, divided by the workers."""
    loaded_bytes: Spread | None
    stop: StopFigures | None
    reload: ReloadFigures | None
    worker: WorkerFigures | None
    setbacks: tuple[ExperimentFailure, ...]
    doubts: tuple[Doubt, ...] = ()
    """Where the machine was disturbed. Times and requests lost are of the other repeats, if there
    are any; what a server did or did not do counts whatever the machine was like."""


def portray(stack: str, workers: int, experiments: Iterable[Experiment]) -> Portrait:
    """Put together what concerns one stack, which was to have so many workers."""
    own = [each for each in experiments if each.occasion.stack == stack]
    stops, reloads, kills = _of(own, Stopping), _of(own, Reloading), _of(own, WorkerKilled)
    passages = [each.outcome for each in own if not isinstance(each, ExperimentFailure)]
    started = sift("start", stops, lambda each: each.at_start)
    stopped = sift("stop", stops, lambda each: each.machine_interval)
    reloaded = sift("reload", reloads, lambda each: each.machine_interval)
    bereft = sift("worker", kills, lambda each: each.machine_interval)
    doubts = (started.doubt, stopped.doubt, reloaded.doubt, bereft.doubt)
    rates = [outcome.rate_per_s for outcome in passages if outcome is not None]
    return Portrait(
        stack=stack,
        workers=workers,
        rate_per_s=rates[0] if rates else None,
        startup_s=Spread.of(each.startup_s for each in started.used),
        rest_bytes=Spread.of(s.at_rest.total_bytes / workers for s in stops if s.at_rest),
        loaded_bytes=Spread.of(s.after_load.total_bytes / workers for s in stops if s.after_load),
        stop=_stop(stops, stopped.used),
        reload=_reload(reloads, reloaded.used),
        worker=_worker(kills, bereft.used),
        setbacks=tuple(_of(own, ExperimentFailure)),
        doubts=tuple(doubt for doubt in doubts if doubt is not None),
    )


def _of(experiments: Iterable[Experiment], kind: type[_T]) -> list[_T]:
    return [each for each in experiments if isinstance(each, kind)]


def _stop(stops: Sequence[Stopping], calm: Sequence[Stopping]) -> StopFigures | None:
    lost = Spread.of(each.outcome.lost for each in calm)
    cut_off = Spread.of(each.outcome.cut_off for each in calm)
    in_flight = Spread.of(each.outcome.in_flight for each in calm)
    if lost is None or cut_off is None or in_flight is None:
        return None
    return StopFigures(
        lost=lost,
        cut_off=cut_off,
        exit_s=_spread([each.exit_s for each in calm], [each.exit_s for each in stops]),
        killed=sum(each.exit_s is None for each in stops),
        repeats=len(stops),
        exit_codes=_codes(each.exit_code for each in stops),
        left=max(each.left for each in stops),
        in_flight=in_flight.median,
    )


def _reload(reloads: Sequence[Reloading], calm: Sequence[Reloading]) -> ReloadFigures | None:
    lost = Spread.of(each.outcome.lost + each.outcome.refused for each in calm)
    outage_s = Spread.of(each.outcome.outage_s for each in calm)
    if lost is None or outage_s is None:
        return None
    return ReloadFigures(
        signal=reloads[0].signal,
        lost=lost,
        outage_s=outage_s,
        took_s=_spread(
            [each.took_s for each in calm if not each.ended],
            [each.took_s for each in reloads if not each.ended],
        ),
        ended=sum(each.ended for each in reloads),
        unchanged=sum(not each.ended and not each.replaced for each in reloads),
        repeats=len(reloads),
    )


def _worker(kills: Sequence[WorkerKilled], calm: Sequence[WorkerKilled]) -> WorkerFigures | None:
    if not kills:
        return None
    survived = [each.outcome for each in calm if each.outcome is not None and not each.ended]
    by_requests = [each.served for each in kills if sum(each.served)]
    by_cpu = [each.cpu_s for each in kills if sum(each.cpu_s)]
    return WorkerFigures(
        alone=all(each.outcome is None for each in kills),
        lost=Spread.of(outcome.lost + outcome.refused for outcome in survived),
        outage_s=Spread.of(outcome.outage_s for outcome in survived),
        back_s=_spread([each.back_s for each in calm], [each.back_s for each in kills]),
        back=sum(each.back_s is not None for each in kills),
        ended=sum(each.ended for each in kills),
        repeats=len(kills),
        exit_codes=_codes(each.exit_code for each in kills if each.ended),
        busiest=Spread.of(max(each) / sum(each) for each in by_requests or by_cpu),
        busiest_by="requests" if by_requests else "CPU time",
    )


def _spread(calm: Sequence[float | None], every: Sequence[float | None]) -> Spread | None:
    """What happened in a disturbed repeat alone did happen: None would say that it never does."""
    return Spread.of(calm) or Spread.of(every)


def _codes(codes: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(sorted({code for code in codes if code is not None}))
