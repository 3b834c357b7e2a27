"""`--lifecycle`: experiments on stacks once they have been measured."""

from __future__ import annotations

from timetrial.cli.derived_options import options_in
from timetrial.cli.workshop import EndedBy, Workshop
from timetrial.errors import BadInput
from timetrial.lifecycle.order import REPEATS
from timetrial.run import Run
from timetrial.runner.bench import Bench
from timetrial.runner.confine import confined_to
from timetrial.runner.lifecycle import live_through
from timetrial.runner.lifecycle.ground import Ground
from timetrial.runner.prepare import Prepared
from timetrial.verbs.options.lifecycle import LifecycleOptions

lifecycle_options = options_in(LifecycleOptions)
"""The verb gets `lifecycle` and `lifecycle_repeats`."""


def repeats_of(*, lifecycle: bool, lifecycle_repeats: int | None) -> int:
    """Return how often each experiment is held: 0 where none is asked for."""
    if lifecycle_repeats is not None and not lifecycle:
        raise BadInput(
            "--lifecycle-repeats is about the experiments of --lifecycle: give that, too"
        )
    return (lifecycle_repeats or REPEATS) if lifecycle else 0


def live(
    run: Run, repeats: int, prepared: Prepared, bench: Bench, shop: Workshop
) -> tuple[Run, EndedBy]:
    """Hold those experiments that a run lacks, each stored at once, and tell what ended that."""
    placement = shop.placement
    ground = Ground(
        run.plan.suite,
        prepared,
        bench.driver,
        placement.server_cpus,
        placement.generator_cpus,
        shop.folder,
    )
    try:
        with confined_to(placement.generator_cpus):
            live_through(
                ground,
                lambda experiment: bench.store.add_experiment(run.number, experiment),
                bench.observer,
                repeats=repeats,
                seed=run.plan.seed,
                held=run.experiments,
            )
    except KeyboardInterrupt as reason:
        return bench.store.load(run.number), reason
    return bench.store.load(run.number), None
