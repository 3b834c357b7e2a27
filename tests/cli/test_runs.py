"""`timetrial runs delete`: runs leave the store for good, and only when that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import within

from runs import a_run, a_suite
from stored import keep
from timetrial.cli.runs import delete
from timetrial.store import Store

NAME = "timetrial.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Store.open(tmp_path / NAME) as store:
        for seed in (1, 2):
            keep(store, a_run(a_suite(["granian"], rounds=2), seed=seed))
    return tmp_path


def numbers(folder: Path) -> list[int]:
    with Store.open(folder / NAME) as store:
        return [line.number for line in store.list_runs()]


def test_a_run_is_deleted_with_all_its_records(folder: Path) -> None:
    ended = within("runs", "delete", "2", "--yes", folder=folder)
    assert (ended.returncode, ended.stdout) == (0, "run 2 is deleted\n")
    with Store.open(folder / NAME) as store, store._transaction() as connection:
        left = connection.exec_driver_sql(
            "SELECT DISTINCT run FROM trials UNION SELECT run FROM totals"
        )
        assert left.fetchall() == [(1,)]
    with Store.open(folder / NAME) as store:
        assert keep(store, a_run(a_suite(["granian"], rounds=2))) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["delete", "1", "7", "--yes"], "there is no run called '7'; known are 1, 2"),
        (["delete", "latest", "--yes"], "'latest' is no run to delete: give its number"),
        (["delete", "1"], "there is no terminal to ask on: add --yes"),
        (["drop", "1"], "there is no command of runs called 'drop'; known are delete"),
    ],
)
def test_what_cannot_be_deleted_is_refused(words: list[str], said: str, folder: Path) -> None:
    ended = within("runs", *words, folder=folder)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert numbers(folder) == [2, 1]


@pytest.mark.parametrize(("answer", "left"), [("n", [2, 1]), ("", [2, 1]), ("y", [2])])
def test_it_is_asked_for_on_a_terminal(
    answer: str, left: list[int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _stream: True)
    words = ["1", "--store", str(folder / NAME)]
    asked = CliRunner().invoke(delete, words, input=f"{answer}\n")
    assert "run 1: quick" in asked.stdout
    assert numbers(folder) == left
