"""The same store in a real PostgreSQL: runs of a team, with several writers at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runs import a_run, a_suite
from timetrial.model.run import Run
from timetrial.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "stacks" / "services"))
from real_services import running

WRITERS = 4


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("postgres", tmp_path_factory.mktemp("postgres")) as services:
        (service,) = services._running
        yield service.values()["postgres_url"]


@pytest.fixture(scope="module")
def run() -> Run:
    return a_run(a_suite(["granian", "uvicorn"], rounds=3))


def keep(store: Store, run: Run) -> int:
    number = store.create_run(run.plan, run.machine, run.facts, "0.1.0", run.created_at)
    for measurement in run.measurements:
        store.add_trial(number, measurement)
    return number


def test_several_begin_at_once_and_each_keeps_its_own_run(url: str, run: Run) -> None:
    numbers: list[int] = []
    troubles: list[BaseException] = []

    def write() -> None:
        try:
            # All of them find an empty database and want to make the tables.
            with Store.open(url) as store:
                numbers.append(keep(store, run))
        except BaseException as trouble:  # noqa: BLE001 - of a thread: it is raised below
            troubles.append(trouble)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert troubles == []
    assert len({*numbers}) == WRITERS
    with Store.open(url) as store:
        for number in numbers:
            loaded = store.load(number)
            assert loaded.measurements == run.measurements
            assert loaded.plan == run.plan


def test_runs_travel_between_sqlite_and_postgresql(url: str, tmp_path: Path) -> None:
    other = a_run(a_suite(["granian"], rounds=3), seed=9)
    with Store.open(tmp_path / "timetrial.db") as file, Store.open(url) as shared:
        number = shared.add_document(file.export(keep(file, other)))
        assert shared.load(number).measurements == other.measurements
        back = file.load(1)
    assert back.measurements == other.measurements
