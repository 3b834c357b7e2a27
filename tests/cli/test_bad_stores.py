"""What is wrong with a store, a stored run or a folder for reports is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint, write

from runs import A_MACHINE, a_suite
from timetrial.model.plan import plan
from timetrial.store.store import Store


@pytest.mark.parametrize("arguments", [("report", "3"), ("run", "--resume", "3")])
def test_a_run_where_there_is_no_store(arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = complaint(*arguments, folder=tmp_path)
    assert said == "there is no store at 'timetrial.db'; `timetrial run` makes one"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("report",), ("run", "--resume", "latest")])
def test_a_run_where_there_is_none_yet(arguments: tuple[str, ...], tmp_path: Path) -> None:
    Store.open(tmp_path / "timetrial.db").close()
    said = complaint(*arguments, folder=tmp_path)
    assert said == "the store 'timetrial.db' has no runs yet; `timetrial run` adds one"


@pytest.mark.parametrize("arguments", [("report",), ("run", "--resume")])
def test_a_run_that_is_not_in_the_store(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Store.open(tmp_path / "timetrial.db") as store:
        store.create_run(plan(a_suite(), 1), A_MACHINE, (), "0", "2026-01-01T00:00:00+00:00")
    said = complaint(*arguments, "3", folder=tmp_path)
    assert said == "there is no run called '3'; known are 1"
    said = complaint(*arguments, str(2**40), folder=tmp_path)
    assert said == f"there is no run called '{2**40}'; known are 1"
    said = complaint(*arguments, "9" * 20, folder=tmp_path)
    assert said == f"'{'9' * 20}' is no run: give its number, or 'latest'"
    said = complaint(*arguments, "9" * 5_000, folder=tmp_path)
    assert said == f"'{'9' * 40}…' is no run: give its number, or 'latest'"
    said = complaint(*arguments, "last", folder=tmp_path)
    assert said == "'last' is no run: give its number, or 'latest'"


@pytest.mark.parametrize(
    "change",
    [
        ("baselines",),
        ("--servers", "waitress"),
        ("--benchmarks", "hello"),
        ("--rounds", "2"),
        ("--seed", "0"),
        ("--budget", "1m"),
        ("--driver", "wrk"),
    ],
)
def test_a_resumed_run_cannot_be_changed(change: tuple[str, ...], tmp_path: Path) -> None:
    said = complaint("run", "--resume", "1", *change, folder=tmp_path)
    assert said == "--resume goes on with the plan of a run: it takes no suite and no changes"


@pytest.mark.parametrize("verb", [("report",), ("run", "baselines"), ("list", "runs")])
def test_a_store_that_is_no_database(verb: tuple[str, ...], tmp_path: Path) -> None:
    notes = "This is no database, although it may be taken for one."
    write(tmp_path, {"notes.txt": notes})
    said = complaint(*verb, "--store", "notes.txt", folder=tmp_path)
    assert "notes.txt cannot be used: file is not a database; name another with --store" in said
    assert (tmp_path / "notes.txt").read_text("utf-8") == notes


@pytest.mark.parametrize("store", ["file/timetrial.db", "/proc/timetrial.db"])
def test_a_store_where_nothing_can_be_written(store: str, tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    said = complaint("run", "baselines", "--store", store, folder=tmp_path)
    assert store in said
    assert said.endswith(" --store")


def test_a_database_that_there_is_no_driver_for(tmp_path: Path) -> None:
    said = complaint("run", "baselines", "--store", "nosql://host/timetrial", folder=tmp_path)
    assert said.startswith("there is no driver for 'nosql' installed; ")


def test_a_folder_for_reports_that_cannot_be_made(tmp_path: Path) -> None:
    with Store.open(tmp_path / "timetrial.db") as store:
        store.create_run(plan(a_suite(), 1), A_MACHINE, (), "0", "2026-01-01T00:00:00+00:00")
    said = complaint("report", "--reports", "/proc/reports", folder=tmp_path)
    assert said.startswith("the folder '/proc/reports' cannot be made: ")
    assert said.endswith("name another with --reports")
