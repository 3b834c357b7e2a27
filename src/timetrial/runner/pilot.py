"""A pilot before the plan: it finds the rates of benchmarks whose load is a share of capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from timetrial.analysis.rate_calibration import calibration_suite, with_rates
from timetrial.machine.own_folder import OwnFolder
from timetrial.model import (
    BenchmarkStopped,
    DraftSuite,
    Event,
    Machine,
    Observer,
    OpenLoad,
    PilotStarted,
    RateSet,
    RoundMeasured,
    RunEnded,
    RunStarted,
    StackDropped,
    Suite,
)
from timetrial.model.plan import plan
from timetrial.runner.execute import execute
from timetrial.runner.run_context import RunContext
from timetrial.runner.start_all import AT_ONCE, first_from
from timetrial.runner.starter import LiveStack
from timetrial.store.store import Store


def resolved(
    draft: DraftSuite,
    context: RunContext,
    machine: Machine,
    seed: int,
    up: Mapping[str, LiveStack] = MappingProxyType({}),
) -> Suite:
    """Find the rates that are not known yet, and note the versions of running services.

    The stacks are started and driven in rounds, as in a run, but only the rates, their origin and a
    note are kept. Stacks that are `up` already serve the first of these rounds, at the end of which
    they are stopped. Where all rates are known, no stack is started. Raises BadInput for a
    benchmark that cannot be driven at a rate, and StackFailed where no stack has any capacity.
    """
    draft = replace(draft, services=context.services.facts(draft.services))
    pilot = calibration_suite(draft)
    if pilot is None:
        return draft.at({})
    with (
        OwnFolder("pilot") as folder,
        Store.open(Path(folder) / "pilot.db") as opened,
    ):
        store = context.store.beside(opened)
        number = store.create_run(plan(pilot, seed), machine, (), "", "")
        observer = _in_pilot(context.observer)
        in_pilot = replace(
            context,
            store=store,
            start=first_from(up, context.start),
            observer=observer,
            probe=None,
            starts_at_once=AT_ONCE,
        )
        run = execute(number, in_pilot)
    suite = with_rates(draft, run)
    for benchmark in suite.benchmarks:
        if isinstance(benchmark.load, OpenLoad) and benchmark.load.of_capacity is not None:
            context.observer(RateSet(benchmark.name, benchmark.load))
    return suite


def _in_pilot(observer: Observer) -> Observer:
    """Pass on the events of a pilot, but not that a run begins, ends or decides anything."""

    def observe(event: Event) -> None:
        match event:
            case RunStarted():
                observer(
                    PilotStarted(event.trials, event.expected_s, event.rounds, event.benchmarks)
                )
            case RunEnded() | RoundMeasured() | BenchmarkStopped() | StackDropped():
                pass
            case _:
                observer(event)

    return observe
