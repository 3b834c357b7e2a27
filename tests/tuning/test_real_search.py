"""A search with real servers: an app that waits wants threads."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from timetrial.catalog.loader import load_catalog
from timetrial.drivers.native import NativeDriver
from timetrial.runner.tune import tune
from timetrial.runner.tune_runs import TuningRuns, install
from timetrial.stacks.environment import Environments
from timetrial.stacks.placement import available_cpus, physical_cores, place
from timetrial.store.store import Store
from timetrial.summarize import summarize
from timetrial.tuning.candidate import Candidate
from timetrial.tuning.grid import Grid
from timetrial.tuning.suites import Subject
from timetrial.tuning.tuned import Tuned
from timetrial.tuning.wish import TuningWish

pytestmark = pytest.mark.live

SERVER = "gunicorn-gthread"
CONNECTIONS = 16
BUDGET_S = 60.0


def cache() -> Path:
    return Path(os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial"))


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuned, Path]:
    folder = tmp_path_factory.mktemp("search")
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    catalog = load_catalog()
    app = catalog.app("raw")
    settings = [(1, 1), (2, 1), (1, 4), (1, 16), (2, 8), (2, 2)]
    candidates = sorted(Candidate(workers, threads, SERVER) for workers, threads in settings)
    subject = Subject(
        app=app,
        servers={SERVER: catalog.server(SERVER)},
        workload=app.workload("wait_50ms"),
        grid=Grid(tuple(candidates)),
        connections=CONNECTIONS,
    )
    installed = install(subject, catalog, Environments(cache()), folder, print)
    with Store.open(folder / "timetrial.db") as store:
        runs = TuningRuns(
            store=store,
            installed=installed,
            placement=placement,
            driver=NativeDriver(),
            work_dir=folder,
            observer=lambda _event: None,
            seed=1,
        )
        wish = TuningWish(budget_s=BUDGET_S, connections=CONNECTIONS)
        return tune(wish, subject, runs), folder


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


def test_memory_grows_with_workers_and_is_predicted(search: tuple[Tuned, Path]) -> None:
    tuned, _ = search
    assert tuned.memory is not None
    assert tuned.memory.worker_bytes.value > 0
    assert tuned.predictions
