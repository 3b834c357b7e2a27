"""What all experiments on one stack say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from timetrial.features.lifecycle.interference import sift
from timetrial.model.experiment import (
    Experiment,
    ExperimentFailure,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.model.lifecycle_summary import (
    Portrait,
    ReloadFigures,
    Spread,
    StopFigures,
    WorkerFigures,
)

_T = TypeVar("_T")


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
