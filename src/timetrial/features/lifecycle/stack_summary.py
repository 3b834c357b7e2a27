"""What all experiments on one stack say together, without disturbed repeats.

A repeat is disturbed by the thresholds that apply to trials, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from timetrial.analysis.checks.cell_context import percent
from timetrial.analysis.checks.threshold import Threshold
from timetrial.analysis.checks.thresholds import FOREIGN_CPU, MEMORY_PRESSURE, STEAL, THROTTLED
from timetrial.model import (
    Doubt,
    Experiment,
    ExperimentFailure,
    Figures,
    MachineInterval,
    ReloadFigures,
    Reloading,
    Spread,
    StackSummary,
    StopFigures,
    Stopping,
    WorkerFigures,
    WorkerKilled,
)

_T = TypeVar("_T")
TOO_LITTLE_S = 0.02
"""Two ticks of the kernel's clock: less may be of earlier, or the server's own."""


@dataclass(frozen=True, slots=True)
class UndisturbedRepeats(Generic[_T]):
    """The repeats that figures are made of, and the doubt about the others."""

    used: tuple[_T, ...]
    doubt: Doubt | None


def exclude_disturbed(
    figures: Figures,
    repeats: Sequence[_T],
    machine_interval: Callable[[_T], MachineInterval | None],
) -> UndisturbedRepeats[_T]:
    """Leave out the repeats in which the machine was disturbed, if any other remains."""
    excesses = [(repeat, excess(machine_interval(repeat))) for repeat in repeats]
    calm = tuple(repeat for repeat, excesses_of_machine in excesses if excesses_of_machine is None)
    excesses_found = [
        excesses_of_machine
        for _, excesses_of_machine in excesses
        if excesses_of_machine is not None
    ]
    if not excesses_found:
        return UndisturbedRepeats(calm, None)
    worst = max(excesses_found, key=lambda excesses_of_machine: excesses_of_machine.times)
    doubt = Doubt(
        figures=figures,
        disturbed=len(excesses_found),
        repeats=len(repeats),
        left_out=len(excesses_found) if calm else 0,
        reason=worst.reason,
        times=round(worst.times, 2),
    )
    return UndisturbedRepeats(calm or tuple(repeats), doubt)


@dataclass(frozen=True, slots=True)
class Excess:
    """What went furthest beyond its threshold."""

    times: float
    """Of the threshold."""
    reason: str


def excess(machine_interval: MachineInterval | None) -> Excess | None:
    """Find the largest excess over a threshold; None where there is none, or nothing is known."""
    if machine_interval is None:
        return None
    machine = machine_interval.machine
    cpu_s = machine.passed_s * machine.measured_cpus
    excesses_of_machine = (
        _over(FOREIGN_CPU, machine_interval.foreign_cpu_s, machine_interval.seen_s,
              "other processes took {} of a core from the server's"),
        _over(STEAL, machine.steal_s, cpu_s, "the hypervisor gave {} of the CPU time to others"),
        _over(THROTTLED, machine.throttled_s, machine.passed_s,
              "a CPU quota held everything back for {} of the time"),
        _over(MEMORY_PRESSURE, machine.memory_pressure_s, machine.passed_s,
              "processes waited for memory for {} of the time"),
    )  # fmt: skip
    return max(
        filter(None, excesses_of_machine),
        key=lambda excesses_of_machine: excesses_of_machine.times,
        default=None,
    )


def _over(threshold: Threshold, part_s: float | None, whole_s: float, says: str) -> Excess | None:
    if part_s is None or part_s < TOO_LITTLE_S or whole_s <= 0 or threshold.doubtful is None:
        return None
    share = part_s / whole_s
    if threshold.judge(share) is None:
        return None
    return Excess(share / threshold.doubtful, says.format(percent(share)))


def summarize_stack(stack: str, workers: int, experiments: Iterable[Experiment]) -> StackSummary:
    """Sum up the experiments on one stack; `workers` is how many it was to have."""
    of_stack = [experiment for experiment in experiments if experiment.occasion.stack == stack]
    stops, reloads, kills = (
        _of(of_stack, Stopping),
        _of(of_stack, Reloading),
        _of(of_stack, WorkerKilled),
    )
    outcomes = [
        experiment.outcome
        for experiment in of_stack
        if not isinstance(experiment, ExperimentFailure)
    ]
    started = exclude_disturbed("start", stops, lambda stop: stop.at_start)
    stopped = exclude_disturbed("stop", stops, _interval)
    reloaded = exclude_disturbed("reload", reloads, _interval)
    killed = exclude_disturbed("worker", kills, _interval)
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
        setbacks=tuple(_of(of_stack, ExperimentFailure)),
        doubts=tuple(doubt for doubt in doubts if doubt is not None),
    )


def _interval(experiment: Stopping | Reloading | WorkerKilled) -> MachineInterval | None:
    return experiment.machine_interval


def _of(experiments: Iterable[Experiment], kind: type[_T]) -> list[_T]:
    return [experiment for experiment in experiments if isinstance(experiment, kind)]


def _stop(stops: Sequence[Stopping], calm: Sequence[Stopping]) -> StopFigures | None:
    lost = Spread.of(calm_repeat.outcome.lost for calm_repeat in calm)
    cut_off = Spread.of(repeat.outcome.cut_off for repeat in calm)
    in_flight = Spread.of(repeat.outcome.in_flight for repeat in calm)
    if lost is None or cut_off is None:
        return None
    return StopFigures(
        lost=lost,
        cut_off=cut_off,
        exit_s=_spread([repeat.exit_s for repeat in calm], [stop.exit_s for stop in stops]),
        killed=sum(stop.exit_s is None for stop in stops),
        repeats=len(stops),
        exit_codes=_codes(stop.exit_code for stop in stops),
        left=max(stop.left for stop in stops),
        in_flight=None if in_flight is None else in_flight.median,
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
    """Fall back to all repeats: None would say that it never happens."""
    return Spread.of(calm) or Spread.of(every)


def _codes(codes: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(sorted({code for code in codes if code is not None}))
