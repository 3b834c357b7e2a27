"""A pilot before the plan: it finds the rates of benchmarks that ask for a share of capacity."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from timetrial.analysis.rate_calibration import calibration_suite, with_rates
from timetrial.model.events import (
    BenchmarkStopped,
    Event,
    Observer,
    PilotStarted,
    RateSet,
    RoundMeasured,
    RunEnded,
    RunStarted,
)
from timetrial.model.load import OpenLoad
from timetrial.model.plan import plan
from timetrial.model.run import Machine
from timetrial.model.suite import DraftSuite, Suite
from timetrial.runner.execute import execute
from timetrial.runner.run_context import RunContext
from timetrial.store.store import Store


def resolved(draft: DraftSuite, bench: RunContext, machine: Machine, seed: int) -> Suite:
    """Find the rates that are yet to be found, and note which versions of services run.

    The stacks are started and driven in rounds, as in a run, but what comes of it is kept nowhere
    beside the rates, their origin and a note. Where all rates are known, nothing is done. Raises
    BadInput for a benchmark that cannot be driven so, and StackFailed where no stack bore anything.
    """
    draft = replace(draft, services=bench.services.facts(draft.services))
    wanted = calibration_suite(draft)
    if wanted is None:
        return draft.at({})
    with (
        tempfile.TemporaryDirectory(prefix="timetrial-pilot-") as folder,
        Store.open(Path(folder) / "pilot.db") as store,
    ):
        number = store.create_run(plan(wanted, seed), machine, (), "", "")
        observer = _in_pilot(bench.observer)
        run = execute(number, replace(bench, store=store, observer=observer, look=None))
    found = with_rates(draft, run)
    for benchmark in found.benchmarks:
        if isinstance(benchmark.load, OpenLoad) and benchmark.load.of_capacity is not None:
            bench.observer(RateSet(benchmark.name, benchmark.load))
    return found


def _in_pilot(observer: Observer) -> Observer:
    """Tell of a pilot what is worth telling: no run begins or ends, and nothing is decided."""

    def observe(event: Event) -> None:
        match event:
            case RunStarted():
                observer(PilotStarted(event.trials, event.expected_s))
            case RunEnded() | RoundMeasured() | BenchmarkStopped():
                pass
            case _:
                observer(event)

    return observe
