"""All experiments on all stacks, interleaved."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from timetrial.features.lifecycle import experiments
from timetrial.features.lifecycle.context import ExperimentContext, startable
from timetrial.features.lifecycle.event_load import burst
from timetrial.machine.cpu_affinity import confined_to
from timetrial.model.errors import StackFailed
from timetrial.model.events import ExperimentRunning, Observer
from timetrial.model.experiment import Experiment, ExperimentFailure, Kind, Occasion
from timetrial.model.suite import Stack
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import RunContext
from timetrial.runner.session import Measured, Session

REPEATS = 5


def occasions(kinds: Mapping[str, Sequence[Kind]], repeats: int, seed: int) -> tuple[Occasion, ...]:
    """Put all experiments of all stacks (by name) once into each repeat, in an order of its own."""
    ordered: list[Occasion] = []
    for repeat in range(1, repeats + 1):
        due = [
            Occasion(repeat, stack, kind)
            for stack, kinds_of_stack in kinds.items()
            for kind in kinds_of_stack
        ]
        random.Random(f"{seed}-{repeat}").shuffle(due)  # noqa: S311 - an order, no secret
        ordered += due
    return tuple(ordered)


def still_due(
    planned: Sequence[Occasion], held: Collection[Occasion], unstartable: Collection[str]
) -> tuple[Occasion, ...]:
    """Leave out what was held before, and stacks that do not start at all."""
    return tuple(
        occasion
        for occasion in planned
        if occasion not in held and occasion.stack not in unstartable
    )


HIGHEST_RATE = 200.0
"""Requests a second."""
SHARE_OF_CAPACITY = 0.3
"""Of the slowest stack: all of them are asked at the same rate, at which none is busy."""
EXPERIMENT_S = 10.0
"""What one takes, about: a start, a burst, the load, and the stop."""

Keep = Callable[[Experiment], None]
"""Takes an experiment the moment that it is done."""


def run_all_experiments(  # noqa: PLR0913 - what, with what, how often, and who wants to know
    context: ExperimentContext,
    keep: Keep,
    observer: Observer,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    held: Sequence[Experiment] = (),
    rate_per_s: float | None = None,
) -> tuple[Experiment, ...]:
    """Hold each experiment on each stack that can be started, so many times, in random order.

    Those that were `held` before are not held again. Without a rate, a start of each stack finds
    one that all of them bear; it also brings their files into the cache. Returns all experiments.
    Raises BadInput for a stack of which nothing quick is requested.
    """
    stacks = startable(context.suite, context.prepared)
    for stack in stacks:
        context.benchmark(stack)
    planned = occasions({s.name: _kinds(s, context) for s in stacks}, repeats, seed)
    pilots = _Pilots(context, observer)
    known = [experiment for experiment in held if experiment.occasion in planned]
    due = still_due(planned, [experiment.occasion for experiment in known], ())
    if not due:
        return tuple(known)
    found = pilots.rate(stacks, known) if rate_per_s is None else rate_per_s
    for setback in pilots.setbacks:
        keep(setback)
    due = still_due(due, (), [failure.occasion.stack for failure in pilots.setbacks])
    done: list[Experiment] = [*known, *pilots.setbacks]
    began_s = context.clock.now_s()
    for number, occasion in enumerate(due):
        left_s = _left_s(context.clock.now_s() - began_s, number, len(due))
        observer(ExperimentRunning(occasion, number, len(due), left_s))
        done.append(experiments.run_experiment(occasion, found, context))
        keep(done[-1])
    return tuple(done)


def _kinds(stack: Stack, context: ExperimentContext) -> tuple[Kind, ...]:
    """A reload is tried where the manifest of the server names a signal for it."""
    if context.prepared.stacks[stack.name].server.reload is None:
        return ("stop", "worker")
    return ("stop", "reload", "worker")


def _left_s(passed_s: float, done: int, total: int) -> float:
    each_s = passed_s / done if done else EXPERIMENT_S
    return each_s * (total - done)


class _Pilots:
    """One start of each stack that is not counted."""

    def __init__(self, context: ExperimentContext, observer: Observer) -> None:
        self._context = context
        self._observer = observer
        self.setbacks: list[ExperimentFailure] = []
        """Of stacks that do not even start."""

    def rate(self, stacks: Sequence[Stack], held: Iterable[Experiment]) -> float:
        """Return requests a second that all stacks bear: as they had before, if they had."""
        before = [p.rate_per_s for e in held if (p := getattr(e, "outcome", None)) is not None]
        if before:
            return float(before[0])
        capacities: list[float] = []
        for number, stack in enumerate(stacks):
            occasion = Occasion(0, stack.name, "stop")
            left_s = EXPERIMENT_S * (len(stacks) - number)
            self._observer(ExperimentRunning(occasion, number, len(stacks), left_s))
            try:
                capacities.append(self._capacity(occasion))
            except StackFailed as failed:
                reason = f"{failed.phase}: {failed.reason}"
                self.setbacks.append(ExperimentFailure(occasion, reason, failed.log_tail))
        rate = min(
            [HIGHEST_RATE, *(SHARE_OF_CAPACITY * capacity_per_s for capacity_per_s in capacities)]
        )
        return max(1.0, float(f"{rate:.2g}"))

    def _capacity(self, occasion: Occasion) -> float:
        context, length_s = self._context, self._context.lengths.pilot_s
        running = context.start(occasion)
        try:
            target, timeout_s = context.target(running, occasion), context.timeout_s(occasion)
            result = burst(context.driver, target, context.generator_cpus, length_s, timeout_s)
        finally:
            running.stop(experiments.GRACE_S)
        if not result.completions:
            reason = f"gave no correct response in {result.overall.arrivals} requests"
            raise StackFailed("warm-up", reason, running.log_tail())
        return result.completions / length_s


def with_experiments(
    measured: Measured, repeats: int, session: Session, prepared: Prepared, bench: RunContext
) -> Measured:
    """Hold those experiments on its stacks that a finished run lacks, each stored at once.

    A run that ended early has none, nor has one without `repeats`.
    """
    run, placement = measured.run, session.placement
    if not repeats or measured.ended_by is not None:
        return measured
    context = ExperimentContext(
        run.plan.suite,
        prepared,
        bench.driver,
        placement.server_cpus,
        placement.generator_cpus,
        session.folder,
    )
    try:
        with confined_to(placement.generator_cpus):
            run_all_experiments(
                context,
                lambda experiment: bench.store.add_experiment(run.number, experiment),
                bench.observer,
                repeats=repeats,
                seed=run.plan.seed,
                held=run.experiments,
            )
    except KeyboardInterrupt:
        return Measured(bench.store.load(run.number), "interrupted")
    return Measured(bench.store.load(run.number), None)
