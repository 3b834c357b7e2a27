"""What a store says is what was written: every column is covered, and no record is lost unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from runs import a_failure, a_run, a_suite
from stored import forget_checksums, keep
from timetrial.cli.history import history
from timetrial.cli.listing import listing
from timetrial.model import Run, StoreError
from timetrial.runner.digests import up_to_date_digests
from timetrial.store import Store


@pytest.fixture(scope="module")
def run() -> Run:
    return a_run(a_suite(["granian"], rounds=2), failures=[a_failure()], number=1)


@pytest.fixture
def file(tmp_path: Path, run: Run) -> Path:
    """Make a store of two runs, each with its digest."""
    with Store.open(tmp_path / "two.db") as store:
        keep(store, run)
        keep(store, run)
        assert len(up_to_date_digests(store).readable) == 2
    return tmp_path / "two.db"


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE runs SET created_at = '2019' WHERE number = 2", "run 2: it is damaged"),
        ("UPDATE runs SET trials_planned = 5 WHERE number = 2", "run 2: it is damaged"),
        ("UPDATE trials SET stack = 'x' WHERE run = 2 AND round = 1", "of trials: it is damaged"),
        ("UPDATE failures SET payload = '' WHERE run = 2", "run 2, record 2 of failures: it is"),
        ("UPDATE failures SET payload = x'00ff' WHERE run = 2", "record 2 of failures: it is"),
        ("UPDATE failures SET run = 1 WHERE run = 2", "0 are there, and 1 were written"),
        ("DELETE FROM trials WHERE run = 2 AND round = 2", "trials are damaged: 2 are there"),
        ("UPDATE trials SET checksum = NULL WHERE run = 2", "not those that were written"),
    ],
)
def test_a_run_that_changed_after_its_digest_is_left_out_of_lists(
    statement: str, said: str, file: Path, run: Run
) -> None:
    change(file, statement)
    with Store.open(file) as store:
        with pytest.raises(StoreError, match=r"^run 2\b") as refusal:
            store.load(2)
        assert said in str(refusal.value)
        if "run = 1" not in statement:
            assert store.load(1) == run
    for verb, arguments in ((history, []), (listing, ["runs"])):
        done = CliRunner().invoke(verb, [*arguments, "--store", str(file)])
        assert "run 2 is left out, because it cannot be read: " in done.stderr


def test_a_damaged_digest_is_made_again(file: Path) -> None:
    with Store.open(file) as store:
        before = store.digests()
    change(file, "UPDATE digests SET payload = replace(payload, '1', '2') WHERE run = 1")
    with Store.open(file) as store:
        assert [digest.run for digest in store.digests()] == [2]
        assert up_to_date_digests(store).readable == before


def test_a_run_without_checksums_goes_on_with_them(file: Path, run: Run) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        forget_checksums(database)
    with Store.open(file) as store:
        assert store.load(1) == run
        store.add_failure(1, a_failure("waitress"))
        assert len(store.load(1).failures) == 2
    change(file, "DELETE FROM failures WHERE run = 1 AND checksum IS NULL")
    with Store.open(file) as store, pytest.raises(StoreError, match="1 are there, and 2 were"):
        store.load(1)
