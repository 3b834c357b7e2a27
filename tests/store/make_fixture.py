"""Write a store with every kind of record, in today's form, to be opened by all later versions.

PYTHONPATH=tests python tests/store/make_fixture.py WORD
"""

from __future__ import annotations

import dataclasses
import gzip
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import stored
from configurations import looked_at
from runs import CHARACTERS, QUICK_ROUNDS, a_failure, a_histogram, a_run, a_stack, a_suite
from timetrial.analysis.aa_control import controlled
from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import digest
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.experiment import (
    EventOutcome,
    Experiment,
    ExperimentFailure,
    Occasion,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.model.load import OpenLoad, ShareOfCapacity, ThinkTime, VirtualUsers
from timetrial.model.load_tool_report import CONNECTS, ToolFigure, ToolFigures
from timetrial.model.machine_check import Ceiling, MachineCheck, MachineChecks
from timetrial.model.measurement import (
    Counts,
    MachineConditions,
    Measurement,
    Memory,
    ProcessUse,
    StepResult,
    WarmUpSeries,
    Window,
)
from timetrial.model.race_info import Deployment, ExcludedServer, RaceInfo
from timetrial.model.run import Run
from timetrial.model.service import Service, ServiceUse
from timetrial.model.stop_rule import Precision, StopDecision
from timetrial.model.suite import Benchmark, KnownFailure, ServerLimit, Suite
from timetrial.model.units import MIB
from timetrial.model.workload import Expectation, Step, Workload
from timetrial.store import Store
from timetrial.store.migrations import MIGRATIONS
from timetrial.store.payloads import PAYLOAD_VERSION

FOLDER = Path(__file__).parent / "fixtures"
LARGEST_PLAIN_BYTES = 100_000
_LAST_ROUND_OF_WAITING = 4
SLOW = {
    name: dataclasses.replace(each, requests_per_s=each.requests_per_s / 5, cpu_ms=each.cpu_ms * 5)
    for name, each in CHARACTERS.items()
}
"""Few requests make small histograms."""


def everything() -> Run:
    """Make a small run in which no kind of record, and hardly a field of any, is left out."""
    suite = controlled(_suite()).at({})
    characters = {stack.name: SLOW[stack.server] for stack in suite.stacks}
    run = a_run(suite, characters=characters, failures=[a_failure("uvicorn", 2)])
    seen = looked_at(_without_twin(run))
    series = WarmUpSeries("json_query", 0.0, (0.1, 0.1), (100, 101), (0.02, None))
    granian, uvicorn, *others = run.facts
    chosen = dataclasses.replace(uvicorn, version="uvicorn 0.38.0", chosen=("uvicorn",))
    return dataclasses.replace(
        run,
        machine=dataclasses.replace(seen.machine, machine_checks=_preflight()),
        facts=(granian, chosen, *others),
        measurements=tuple(
            _measured(suite.benchmark(each.trial.cell.benchmark), each)
            for each in run.measurements
            if each.trial.cell.benchmark != "wait_50ms"
            or each.trial.round <= _LAST_ROUND_OF_WAITING
        ),
        lives=tuple(dataclasses.replace(life, warm_up=(series,)) for life in run.lives),
        configurations=seen.configurations,
        stops=(StopDecision("wait_50ms", _LAST_ROUND_OF_WAITING, "it is known well enough."),),
        dropped=(DroppedStack("json_query", "uvicorn", QUICK_ROUNDS),),
        experiments=_experiments(),
    )


def keep(store: Store, run: Run) -> int:
    """Write it as runs are written, record by record, with its digest."""
    number = stored.keep(store, run)
    store.keep_digest(digest(summarize(store.load(number))))
    return number


def write(word: str, folder: Path = FOLDER) -> Path:
    """Write today's form, and return the file."""
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "timetrial.db"
        with Store.open(file) as store:
            keep(store, everything())
        with closing(sqlite3.connect(file)) as database:
            text = "\n".join(database.iterdump()) + "\n"
    made = folder / f"schema-{len(MIGRATIONS)}-payload-{PAYLOAD_VERSION}-{word}.sql"
    whole = text.encode()
    if len(whole) <= LARGEST_PLAIN_BYTES:
        made.write_bytes(whole)
        return made
    packed = made.with_name(f"{made.name}.gz")
    packed.write_bytes(gzip.compress(whole, mtime=0))
    return packed


def _without_twin(run: Run) -> Run:
    stacks = tuple(stack for stack in run.plan.suite.stacks if stack.control_of is None)
    suite = dataclasses.replace(run.plan.suite, stacks=stacks)
    return dataclasses.replace(run, plan=dataclasses.replace(run.plan, suite=suite))


def _suite() -> Suite:
    granian, uvicorn, waitress = map(a_stack, ("granian", "uvicorn", "waitress"))
    limit = ServerLimit("connections", 64, "64 connections")
    suite = a_suite(["granian", "uvicorn"])
    json_query, wait = suite.benchmarks
    return dataclasses.replace(
        suite,
        stacks=(
            dataclasses.replace(granian, env={"MODE": "fast"}, limits=(limit,)),
            dataclasses.replace(uvicorn, requirements=("uvicorn==0.38.0",)),
            dataclasses.replace(
                waitress, known_failures=(KnownFailure("pipelining", "answers one at a time"),)
            ),
        ),
        benchmarks=(json_query, wait, *_further(json_query)),
        notes=("Shorter than it was published.",),
        services=(Service("fake_database", {"latency": "25ms"}, "1.0"),),
        control="uvicorn",
        stop_rule=Precision(0.03),
        race_info=RaceInfo(
            app="django_shop",
            framework="Django 5.2.9",
            folder="/shop",
            capacity="json_query",
            latency=("open",),
            excluded_servers=(ExcludedServer("uwsgi", "for WSGI apps (this one is ASGI)"),),
            deployments=(Deployment("granian", ("granian", "shop"), ("granian==2.5.4",)),),
            notes=("A note.",),
        ),
    )


def _further(of: Benchmark) -> tuple[Benchmark, ...]:
    put = Step(
        {"wsgi": "/cart", "asgi": "/async/cart"},
        Expectation(body="ok"),
        method="POST",
        headers={"Accept": "text/plain"},
        body="item=1",
        think=ThinkTime(0.1),
        name="put",
    )
    look = Step(
        {"wsgi": "/page", "asgi": "/async/page"},
        Expectation(body_template="at {*}"),
        think=ThinkTime(0.1, 0.3),
    )
    whole = dataclasses.replace(of, mode="whole", windows=1, window_s=0.2)
    share = ShareOfCapacity(0.5, "uvicorn", 790.0, 16, others={"granian": 1_080.0})
    shop = Workload("shop", (put, look))
    return (
        dataclasses.replace(whole, name="crowd", workload=shop, load=VirtualUsers(8)),
        dataclasses.replace(whole, name="open", load=OpenLoad(400.0, of_capacity=share)),
        dataclasses.replace(of, name="json_query@wrk", driver="wrk", windows=2),
    )


def _measured(benchmark: Benchmark, each: Measurement) -> Measurement:
    return dataclasses.replace(
        each,
        windows=tuple(_window(benchmark, window) for window in each.windows),
        services=(ServiceUse("fake_database", 1.0, 1, 0.1, 4, 4, 100, 2.5, 2.51),),
        uses=tuple(ProcessUse(process, 0.2, (0,)) for process in each.processes_before),
        surroundings=MachineConditions(1.0, (0,), 2, 0.0, 0.0, 0.0, 0.0, "tsc"),
        log_bytes=0,
    )


def _window(benchmark: Benchmark, window: Window) -> Window:
    times = a_histogram([1.0, 2.0, 3.0])
    seen = dataclasses.replace(
        window, generator_wait_s=0.001, server_wait_s=0.002, foreign_cpu_s=0.0005
    )
    if isinstance(benchmark.load, VirtualUsers):
        steps = tuple(StepResult(seen.counts, seen.response_time) for _ in benchmark.workload.steps)
        return dataclasses.replace(seen, steps=steps, iteration_time=times)
    if isinstance(benchmark.load, OpenLoad):
        return dataclasses.replace(seen, connect_time=times, lateness=times)
    return _by_tool(seen) if benchmark.driver == "wrk" else seen


def _by_tool(window: Window) -> Window:
    figures = (ToolFigure("requests", float(window.completions), ""),)
    counts = dataclasses.replace(
        window.counts, wrong_body=None, wrong_order=None, reset=None, closed_early=None,
        malformed=None, censored=None,
    )  # fmt: skip
    tool = ToolFigures("wrk", "4.2.0", ("wrk", "-t1"), figures, (CONNECTS,), ("It counts late.",))
    return dataclasses.replace(
        window, counts=counts, connections_reached=None, connects=None, tool=tool
    )


def _preflight() -> MachineChecks:
    busy = MachineCheck(
        "foreign CPU", "doubtful", "12 % of a core went to other processes", "end them"
    )
    return MachineChecks((busy,), (Ceiling(16, 1, 90_000.0),))


def _experiments() -> tuple[Experiment, ...]:
    passage = EventOutcome(
        rate_per_s=200.0,
        length_s=3.0,
        event_s=1.0,
        counts=Counts(arrivals=600, ok=598, reset=2),
        due_before=Counts(arrivals=200, ok=200),
        completions=(20,) * 29,
        failures=(*[0] * 10, 2, *[0] * 18),
        in_flight=1.5,
    )
    memory = Memory(40 * MIB, 10 * MIB)
    stop, reload = Occasion(1, "granian", "stop"), Occasion(1, "granian", "reload")
    killed, not_held = Occasion(1, "uvicorn", "worker"), Occasion(1, "uvicorn", "reload")
    return (
        Stopping(stop, 0.6, memory, memory, 1_000, passage, 0.2, 0, 0),
        Reloading(reload, "HUP", passage, 2, 2, 2, 0.5, ended=False, exit_code=None),
        WorkerKilled(killed, passage, (90, 80), (0.2, 0.1), 0.3, ended=False, exit_code=None),
        ExperimentFailure(not_held, "It did not start.", "the last line"),
    )


if __name__ == "__main__":
    write(sys.argv[1])
