"""What all experiments on one stack say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from timetrial.features.lifecycle.interference import exclude_disturbed
from timetrial.model.experiment import (
    Experiment,
    ExperimentFailure,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.model.lifecycle_summary import (
    ReloadFigures,
    StackSummary,
    StopFigures,
    WorkerFigures,
)
from timetrial.model.repeat_range import Spread

_T = TypeVar("_T")


def summarize_stack(stack: str, workers: int, experiments: Iterable[Experiment]) -> StackSummary:
    """Put together what concerns one stack, which was to have so many workers."""
    own = [experiment for experiment in experiments if experiment.occasion.stack == stack]
    stops, reloads, kills = _of(own, Stopping), _of(own, Reloading), _of(own, WorkerKilled)
    outcomes = [
        experiment.outcome for experiment in own if not isinstance(experiment, ExperimentFailure)
    ]
    started = exclude_disturbed("start", stops, lambda each: each.at_start)
    stopped = exclude_disturbed("stop", stops, lambda each: each.machine_interval)
    reloaded = exclude_disturbed("reload", reloads, lambda each: each.machine_interval)
    killed = exclude_disturbed("worker", kills, lambda each: each.machine_interval)
    doubts = (started.doubt, stopped.doubt, reloaded.doubt, killed.doubt)
    rates = [outcome.rate_per_s for outcome in outcomes if outcome is not None]
    return StackSummary(
        stack=stack,
        workers=workers,
        rate_per_s=rates[0] if rates else None,
        startup_s=Spread.of(stop.startup_s for stop in started.used),
        rest_bytes=Spread.of(s.at_rest.total_bytes / workers for s in stops if s.at_rest),
        loaded_bytes=Spread.of(s.after_load.total_bytes / workers for s in stops if s.after_load),
        stop=_stop(stops, stopped.used),
        reload=_reload(reloads, reloaded.used),
        worker=_worker(kills, killed.used),
        setbacks=tuple(_of(own, ExperimentFailure)),
        doubts=tuple(doubt for doubt in doubts if doubt is not None),
    )


def _of(experiments: Iterable[Experiment], kind: type[_T]) -> list[_T]:
    return [experiment for experiment in experiments if isinstance(experiment, kind)]


def _stop(stops: Sequence[Stopping], calm: Sequence[Stopping]) -> StopFigures | None:
    lost = Spread.of(calm_repeat.outcome.lost for calm_repeat in calm)
    cut_off = Spread.of(repeat.outcome.cut_off for repeat in calm)
    in_flight = Spread.of(repeat.outcome.in_flight for repeat in calm)
    if lost is None or cut_off is None or in_flight is None:
        return None
    return StopFigures(
        lost=lost,
        cut_off=cut_off,
        exit_s=_spread([repeat.exit_s for repeat in calm], [stop.exit_s for stop in stops]),
        killed=sum(stop.exit_s is None for stop in stops),
        repeats=len(stops),
        exit_codes=_codes(stop.exit_code for stop in stops),
        left=max(stop.left for stop in stops),
        in_flight=in_flight.median,
    )


def _reload(reloads: Sequence[Reloading], calm: Sequence[Reloading]) -> ReloadFigures | None:
    lost = Spread.of(calm_repeat.outcome.lost + calm_repeat.outcome.refused for calm_repeat in calm)
    outage_s = Spread.of(repeat.outcome.outage_s for repeat in calm)
    if lost is None or outage_s is None:
        return None
    return ReloadFigures(
        signal=reloads[0].signal,
        lost=lost,
        outage_s=outage_s,
        took_s=_spread(
            [repeat.took_s for repeat in calm if not repeat.ended],
            [reload.took_s for reload in reloads if not reload.ended],
        ),
        ended=sum(reload.ended for reload in reloads),
        unchanged=sum(not reload.ended and not reload.replaced for reload in reloads),
        repeats=len(reloads),
    )


def _worker(kills: Sequence[WorkerKilled], calm: Sequence[WorkerKilled]) -> WorkerFigures | None:
    if not kills:
        return None
    survived = [
        calm_repeat.outcome
        for calm_repeat in calm
        if calm_repeat.outcome is not None and not calm_repeat.ended
    ]
    by_requests = [kill.served for kill in kills if sum(kill.served)]
    by_cpu = [kill.cpu_s for kill in kills if sum(kill.cpu_s)]
    return WorkerFigures(
        alone=all(kill.outcome is None for kill in kills),
        lost=Spread.of(outcome.lost + outcome.refused for outcome in survived),
        outage_s=Spread.of(outcome.outage_s for outcome in survived),
        back_s=_spread([repeat.back_s for repeat in calm], [kill.back_s for kill in kills]),
        back=sum(kill.back_s is not None for kill in kills),
        ended=sum(kill.ended for kill in kills),
        repeats=len(kills),
        exit_codes=_codes(kill.exit_code for kill in kills if kill.ended),
        busiest=Spread.of(max(shares) / sum(shares) for shares in by_requests or by_cpu),
        busiest_by="requests" if by_requests else "CPU time",
    )


def _spread(calm: Sequence[float | None], every: Sequence[float | None]) -> Spread | None:
    """What happened in a disturbed repeat alone did happen: None would say that it never does."""
    return Spread.of(calm) or Spread.of(every)


def _codes(codes: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(sorted({code for code in codes if code is not None}))
