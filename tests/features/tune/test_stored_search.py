"""A search whose runs are stored, in virtual time: an app that waits wants threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from configurations import a_configuration
from fake_stacks import FakeStack
from runs import A_MACHINE
from timetrial.analysis.summarize import summarize
from timetrial.catalog.loader import load_catalog
from timetrial.drivers.driver import LoadSpec, Target
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.features.tune.grid import Candidate, Grid
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.result import Tuned
from timetrial.features.tune.runs import Installed, Starts, TuningRuns
from timetrial.features.tune.search import tune
from timetrial.features.tune.suites import TuningTarget
from timetrial.machine.placement import available_cpus, place
from timetrial.model.suite import Stack, Suite
from timetrial.runner.prepare import Prepared
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch_builder import PreparedStack
from timetrial.store.store import Store

SERVER = "gunicorn-gthread"
CONNECTIONS = 16
BUDGET_S = 60.0
WAIT_S = 0.05
NOISE = 0.01


@dataclass
class Waiting:
    """Stacks of an app that waits: each slot, a thread of a worker, answers 20 times a second."""

    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - it must repeat
    started: list[tuple[FakeStack, Stack]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.driver = ScriptedDriver(self.scene)

    def starts(
        self, suite: Suite, prepared: Prepared, cpus: Sequence[int], work_dir: Path
    ) -> Starts:
        del suite, prepared, cpus, work_dir
        return Starts(self.start, lambda stack: a_configuration(stack.name))

    def start(self, stack: Stack, round_: int) -> FakeStack:
        number = len(self.started)
        running = FakeStack(stack, round_, number, self.stopped, self.driver.clock)
        self.started.append((running, stack))
        return running

    def scene(self, target: Target, drive: LoadSpec) -> Scene:
        del drive
        _, stack = self.started[int(target.address.rpartition(":")[2])]
        at_once = min(self.driver.sessions[-1].setting.connections, stack.workers * stack.threads)
        return Scene(at_once / WAIT_S * self.random.gauss(1, NOISE))


def _prepared(target: TuningTarget, folder: Path) -> PreparedStack:
    """Say that the server is installed."""
    environment = Environment(Path("python"), Path("bin"), ("gunicorn==23.0.0",), "CPython 3.11.7")
    stack = target.stack(target.grid.candidates[0])
    return PreparedStack(stack, target.servers[SERVER], target.app, environment, folder)


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuned, Path]:
    folder = tmp_path_factory.mktemp("search")
    catalog = load_catalog()
    app = catalog.app("raw")
    settings = [(1, 1), (2, 1), (1, 4), (1, 16), (2, 8), (2, 2)]
    candidates = sorted(Candidate(workers, threads, SERVER) for workers, threads in settings)
    target = TuningTarget(
        app=app,
        servers={SERVER: catalog.server(SERVER)},
        workload=app.workload("wait_50ms"),
        grid=Grid(tuple(candidates)),
        connections=CONNECTIONS,
    )
    waiting = Waiting()
    with Store.open(folder / "timetrial.db") as store:
        runs = TuningRuns(
            store=store,
            installed=Installed({SERVER: _prepared(target, folder)}, {}),
            placement=place(available_cpus()),
            driver=waiting.driver,
            work_dir=folder,
            observer=lambda _event: None,
            seed=1,
            clock=waiting.driver.clock,
            machine=A_MACHINE,
            starts=waiting.starts,
        )
        spec = TuningSpec(budget_s=BUDGET_S, connections=CONNECTIONS)
        tuned = tune(spec, target, runs, clock=waiting.driver.clock)
    assert len(waiting.stopped) == len(waiting.started)
    return tuned, folder


def test_an_app_that_waits_gets_as_many_threads_as_there_are_connections(
    search: tuple[Tuned, Path],
) -> None:
    tuned, _ = search
    assert tuned.choice is not None
    assert tuned.choice.candidate.slots == CONNECTIONS


def test_every_stage_is_a_run_that_can_be_reported(search: tuple[Tuned, Path]) -> None:
    tuned, folder = search
    with Store.open(folder / "timetrial.db") as store:
        assert len(store.list_runs()) == len(tuned.stages)
        for stage in tuned.stages:
            summary = summarize(store.load(stage.run))
            assert summary.complete
            assert any(row.requests for table in summary.tables for row in table.rows)


def test_a_search_takes_the_time_that_it_was_given(search: tuple[Tuned, Path]) -> None:
    tuned, _ = search
    assert 0.5 * BUDGET_S < tuned.took_s < 1.1 * BUDGET_S
