"""The experiments that follow a run, stored with it."""

from __future__ import annotations

from timetrial.features.lifecycle.context import Ground
from timetrial.features.lifecycle.run_all import live_through
from timetrial.machine.cpu_affinity import confined_to
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import RunContext
from timetrial.runner.session import Measured, Session


def with_experiments(
    measured: Measured, repeats: int, session: Session, prepared: Prepared, context: RunContext
) -> Measured:
    """Hold those experiments on its stacks that a finished run lacks, each stored at once.

    A run that ended early has none, nor has one without `repeats`.
    """
    run, placement = measured.run, session.placement
    if not repeats or measured.ended_by is not None:
        return measured
    ground = Ground(
        run.plan.suite,
        prepared,
        context.driver,
        placement.server_cpus,
        placement.generator_cpus,
        session.folder,
    )
    try:
        with confined_to(placement.generator_cpus):
            live_through(
                ground,
                lambda experiment: context.store.add_experiment(run.number, experiment),
                context.observer,
                repeats=repeats,
                seed=run.plan.seed,
                held=run.experiments,
            )
    except KeyboardInterrupt:
        return Measured(context.store.load(run.number), "interrupted")
    return Measured(context.store.load(run.number), None)
