"""All experiments on all stacks of a run, in random order over the stacks."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence

from timetrial.features.lifecycle import experiments
from timetrial.features.lifecycle.context import ExperimentContext, startable
from timetrial.features.lifecycle.event_load import burst
from timetrial.machine.cpu_affinity import confined_to
from timetrial.model import (
    Experiment,
    ExperimentFailure,
    ExperimentRunning,
    Kind,
    Observer,
    Occasion,
    Stack,
    StackFailed,
)
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import RunContext
from timetrial.runner.session import Measured, Session

REPEATS = 5
HIGHEST_RATE = 200.0
"""Requests a second."""
SHARE_OF_CAPACITY = 0.3
"""Of the slowest stack: all stacks get the same rate, at which none is busy."""
EXPERIMENT_S = 10.0
"""A guess for one experiment: a start, a burst, the load, and the stop."""

Keep = Callable[[Experiment], None]
"""Called with each experiment as soon as it has ended."""


def with_experiments(
    measured: Measured, repeats: int, session: Session, prepared: Prepared, run_context: RunContext
) -> Measured:
    """Run the experiments that a finished run lacks on its stacks; each is stored at once.

    A run that ended early gets none, nor does one with 0 `repeats`.
    """
    run, placement, store = measured.run, session.placement, run_context.store
    if not repeats or measured.ended_by is not None:
        return measured
    context = ExperimentContext(
        store.load(run.number).plan.suite,  # with its secrets, which the run lacks
        prepared,
        run_context.driver,
        placement.server_cpus,
        placement.generator_cpus,
        session.folder,
    )
    try:
        with confined_to(placement.generator_cpus):
            run_all_experiments(
                context,
                lambda experiment: store.add_experiment(run.number, experiment),
                run_context.observer,
                repeats=repeats,
                seed=run.plan.seed,
                held=run.experiments,
            )
    except KeyboardInterrupt:
        return Measured(session.store.load(run.number), "interrupted")
    return Measured(session.store.load(run.number), None)


def run_all_experiments(  # noqa: PLR0913 - what, with what, how often, and where results go
    context: ExperimentContext,
    keep: Keep,
    observer: Observer,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    held: Sequence[Experiment] = (),
    rate_per_s: float | None = None,
) -> tuple[Experiment, ...]:
    """Run each experiment on each stack that can be started, `repeats` times, in random order.

    Experiments that were `held` before are not repeated. Without `rate_per_s`, the rate is that of
    the held ones, or one start of each stack finds a rate that all of them can serve; it also
    brings their files into the cache. Returns all experiments, the held ones first. Raises
    BadInput for a stack whose workloads all wait for long.
    """
    stacks = startable(context.suite, context.prepared)
    for stack in stacks:
        context.benchmark(stack)
    planned = occasions({s.name: _kinds(s, context) for s in stacks}, repeats, seed)
    done = [experiment for experiment in held if experiment.occasion in planned]
    due = still_due(planned, [experiment.occasion for experiment in done], ())
    if not due:
        return tuple(done)
    outcomes = (getattr(experiment, "outcome", None) for experiment in done)
    rates = [rate_per_s, *(outcome.rate_per_s for outcome in outcomes if outcome is not None)]
    rate = next((rate for rate in rates if rate is not None), None)
    if rate is None:
        rate, failures = _pilot(stacks, context, observer)
        for failure in failures:
            keep(failure)
        due = still_due(due, (), [failure.occasion.stack for failure in failures])
        done += failures
    began_s = context.clock.now_s()
    for number, occasion in enumerate(due):
        passed_s = context.clock.now_s() - began_s
        left_s = (passed_s / number if number else EXPERIMENT_S) * (len(due) - number)
        observer(ExperimentRunning(occasion, number, len(due), left_s))
        done.append(experiments.run_experiment(occasion, rate, context))
        keep(done[-1])
    return tuple(done)


def occasions(kinds: Mapping[str, Sequence[Kind]], repeats: int, seed: int) -> tuple[Occasion, ...]:
    """Plan each experiment of each stack (by name) once a repeat, in a new order each time."""
    ordered: list[Occasion] = []
    for repeat in range(1, repeats + 1):
        due = [Occasion(repeat, stack, kind) for stack in kinds for kind in kinds[stack]]
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


def _kinds(stack: Stack, context: ExperimentContext) -> tuple[Kind, ...]:
    """A reload is tried where the manifest of the server names a signal for it."""
    if context.prepared.stacks[stack.name].server.reload is None:
        return ("stop", "worker")
    return ("stop", "reload", "worker")


def _pilot(
    stacks: Sequence[Stack], context: ExperimentContext, observer: Observer
) -> tuple[float, list[ExperimentFailure]]:
    """Start each stack once; return requests a second for all, and the stacks that do not start."""
    capacities: list[float] = []
    failures: list[ExperimentFailure] = []
    for number, stack in enumerate(stacks):
        occasion = Occasion(0, stack.name, "stop")
        left_s = EXPERIMENT_S * (len(stacks) - number)
        observer(ExperimentRunning(occasion, number, len(stacks), left_s))
        try:
            capacities.append(_capacity(occasion, context))
        except StackFailed as failed:
            reason = f"{failed.phase}: {failed.reason}"
            failures.append(ExperimentFailure(occasion, reason, failed.log_tail))
    rate = min([HIGHEST_RATE, *(SHARE_OF_CAPACITY * capacity for capacity in capacities)])
    return max(1.0, float(f"{rate:.2g}")), failures


def _capacity(occasion: Occasion, context: ExperimentContext) -> float:
    length_s = context.lengths.pilot_s
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
