"""Runs come back from the store as they went in, and a store that cannot be used says why."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from configurations import a_configuration, looked_at
from runs import a_failure, a_life, a_run, a_suite, cut_short
from stored import forget_checksums, keep
from timetrial.model.errors import BadInput, StoreError, UnknownName
from timetrial.model.run import Run
from timetrial.model.stop_rule import StopDecision
from timetrial.store import RunLine, Store
from timetrial.store.opening import open_store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "timetrial.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with Store.open(file) as opened:
        yield opened


@pytest.fixture(scope="module")
def run() -> Run:
    return a_run(a_suite(["granian", "uvicorn", "waitress"]), failures=[a_failure()], number=1)


def test_a_run_comes_back_as_it_went_in(store: Store, run: Run) -> None:
    assert store.load(keep(store, run)) == run


def test_effective_configurations_come_back_as_they_went_in(store: Store, run: Run) -> None:
    seen = looked_at(run)
    number = keep(store, seen)
    assert store.load(number) == seen


def test_a_stack_of_a_run_has_one_configuration(store: Store, run: Run) -> None:
    number = keep(store, run)
    store.add_configuration(number, a_configuration("uvicorn"))
    with pytest.raises(StoreError, match="already: stack uvicorn"):
        store.add_configuration(number, a_configuration("uvicorn", workers=1))


def test_a_run_of_before_configurations_were_recorded_is_read(
    store: Store, file: Path, run: Run
) -> None:
    keep(store, run)
    store.close()
    with sqlite3.connect(file) as database:
        forget_checksums(database)
        database.execute("DROP TABLE configurations")
        database.execute("DELETE FROM schema_version WHERE version > 1")
        (text,) = database.execute("SELECT machine FROM runs").fetchone()
        machine = json.loads(text)
        del machine["settings"]
        database.execute("UPDATE runs SET machine = ?", (json.dumps(machine),))
    database.close()
    with Store.open(file) as again:
        assert again.load(1) == run


def test_a_run_survives_closing_and_opening(file: Path, run: Run) -> None:
    with Store.open(file) as store:
        keep(store, run)
    with Store.open(str(file)) as again:
        assert again.load("latest") == run


def test_a_store_opens_by_url(file: Path, run: Run) -> None:
    file.parent.mkdir()
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, run)
    with Store.open(file) as again:
        assert again.load(1) == run


def test_the_latest_run_is_the_one_with_the_highest_number(store: Store, run: Run) -> None:
    first, second = keep(store, run), keep(store, cut_short(run, 3))
    assert second == first + 1
    assert store.load("latest").number == second
    assert len(store.load("latest").measurements) == 3


def test_a_run_that_is_still_going_on_is_loaded_as_far_as_it_got(store: Store, run: Run) -> None:
    number = store.create_run(run.plan, run.machine, run.facts, "0.1.0", run.created_at)
    store.add_trial(number, run.measurements[0])
    loaded = store.load(number)
    assert loaded.measurements == run.measurements[:1]
    assert run.measurements[0].trial not in loaded.pending()
    assert run.measurements[1].trial in loaded.pending()


def test_runs_are_listed_newest_first(store: Store, run: Run) -> None:
    keep(store, run)
    keep(store, cut_short(run, 4))
    newest, oldest = store.list_runs()
    assert (newest.number, oldest.number) == (2, 1)
    assert newest == RunLine(
        number=2,
        created_at=run.created_at,
        timetrial_version="0.1.0",
        suite="quick",
        trials_planned=30,
        trials_measured=4,
        failures=1,
    )


def test_an_unknown_run_is_named_beside_the_known_ones(store: Store, run: Run) -> None:
    keep(store, run)
    with pytest.raises(UnknownName) as refusal:
        store.load(12)
    assert (refusal.value.kind, refusal.value.name) == ("run", "12")
    assert "1" in refusal.value.known


def test_an_empty_store_has_no_latest_run(store: Store) -> None:
    with pytest.raises(UnknownName) as refusal:
        store.load("latest")
    assert (refusal.value.kind, refusal.value.name) == ("run", "latest")
    assert not refusal.value.known
    assert store.list_runs() == ()


def test_a_trial_is_kept_once(store: Store, run: Run) -> None:
    number = keep(store, run)
    with pytest.raises(StoreError, match="already: round 1,"):
        store.add_trial(number, run.measurements[0])
    assert store.load(number) == run


def test_records_of_a_run_that_does_not_exist_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="run 99 is not in the store"):
        store.add_life(99, a_life(1, "granian"))


def test_the_file_is_in_wal_mode_and_every_commit_is_synced(store: Store, file: Path) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert file.exists()


def test_others_read_while_one_writes(store: Store, file: Path, run: Run) -> None:
    number = keep(store, run)
    with store._engine.connect() as writing:
        writing.execution_options(writes=True)
        with writing.begin():
            writing.exec_driver_sql("UPDATE runs SET suite = 'half done'")
            for _ in range(2):
                reader = subprocess.run(
                    [sys.executable, "-c", READ, str(file), str(number)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                assert reader.stdout.split() == ["quick", str(len(run.measurements))]


READ = """
import sys
from timetrial.store import Store
with Store.open(sys.argv[1]) as store:
    print(store.list_runs()[0].suite, len(store.load(int(sys.argv[2])).measurements))
"""


def test_a_store_of_a_newer_version_is_refused(file: Path, store: Store) -> None:
    store.close()
    tamper(file, "INSERT INTO schema_version VALUES (99)")
    with pytest.raises(StoreError, match="schema version 99, written by a newer Timetrial"):
        Store.open(file)


def test_a_record_in_a_newer_format_is_refused(store: Store, file: Path, run: Run) -> None:
    keep(store, run)
    tamper(file, "UPDATE trials SET payload_version = 99 WHERE id = 1")
    with pytest.raises(StoreError, match="in format 99"):
        store.load(1)


def test_a_plan_of_one_request_workloads_is_still_read(store: Store, file: Path, run: Run) -> None:
    """As it was written before workloads had steps."""
    keep(store, run)
    with sqlite3.connect(file) as database:
        forget_checksums(database)
        (text,) = database.execute("SELECT plan FROM runs").fetchone()
        plan = json.loads(text)
        for benchmark in plan["suite"]["benchmarks"]:
            (step,) = benchmark["workload"].pop("steps")
            benchmark["workload"] |= {key: step[key] for key in ("paths", "expect", "wait_s")}
            for new in ("echo_paths", "services"):
                del benchmark["workload"][new]
        plan["suite"]["contests"] = plan["suite"].pop("benchmarks")
        database.execute("UPDATE runs SET plan = ?, payload_version = 1", (json.dumps(plan),))
    assert store.load(1).plan == run.plan


def test_measurements_without_later_readings_are_still_read(
    store: Store, file: Path, run: Run
) -> None:
    """As they were written before the machine and each process were looked at."""
    keep(store, run)
    with sqlite3.connect(file) as database:
        forget_checksums(database)
        rows = database.execute("SELECT id, payload FROM trials").fetchall()
        for number, text in rows:
            measurement = json.loads(text)
            for new in ("uses", "surroundings", "log_bytes"):
                del measurement[new]
            for window in measurement["windows"]:
                for new in ("generator_wait_s", "server_wait_s", "foreign_cpu_s", "series"):
                    del window[new]
            database.execute(
                "UPDATE trials SET payload = ? WHERE id = ?", (json.dumps(measurement), number)
            )
    assert store.load(1).measurements == run.measurements


def test_a_damaged_record_is_distinguished_from_a_good_one(
    store: Store, file: Path, run: Run
) -> None:
    keep(store, run)
    tamper(file, "UPDATE failures SET payload = '{\"round\": 1}'")
    with pytest.raises(StoreError, match="damaged failure: stack is missing"):
        store.load(1)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Not a database, but long enough to be taken for the head of one. " * 40)
    with pytest.raises(StoreError, match=r"notes\.txt cannot be used: file is not a database"):
        Store.open(file)
    assert file.read_text().startswith("Not a database")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        Store.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"the folder of the store .* cannot be made"):
        Store.open(tmp_path / "file" / "timetrial.db")


@pytest.mark.parametrize("url", ["://", "nonsense://host/name", "postgresql+nodriver://host/name"])
def test_a_url_of_no_known_database_is_bad_input(url: str) -> None:
    with pytest.raises(BadInput):
        Store.open(url)


def tamper(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        forget_checksums(connection)
        connection.execute(statement)
    connection.close()


def test_records_from_before_warm_ups_controls_and_preflights_were_kept_are_read(
    file: Path, run: Run, store: Store
) -> None:
    number = keep(store, run)
    store.close()
    with sqlite3.connect(file) as raw:
        forget_checksums(raw)
        _without(raw, "runs", "plan", ["control", "control_of"])
        _without(raw, "runs", "machine", ["machine_checks"])
        _without(raw, "lives", "payload", ["warm_up"])
    raw.close()
    with Store.open(file) as again:
        assert again.load(number) == run


def _without(raw: sqlite3.Connection, table: str, column: str, keys: list[str]) -> None:
    def stripped(value: object) -> object:
        if isinstance(value, dict):
            return {key: stripped(each) for key, each in value.items() if key not in keys}
        return [stripped(each) for each in value] if isinstance(value, list) else value

    for identity, text in raw.execute(f"SELECT rowid, {column} FROM {table}").fetchall():  # noqa: S608 - names of ours
        changed = json.dumps(stripped(json.loads(text)))
        assert changed != text
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, identity))  # noqa: S608 - likewise


def test_a_store_from_before_runs_could_stop_early_is_opened_and_goes_on(
    file: Path, run: Run
) -> None:
    with Store.open(file) as store:
        number = keep(store, run)
    with sqlite3.connect(file) as before:
        forget_checksums(before)
        before.execute("DROP TABLE stops")
        before.execute("DROP TABLE configurations")
        before.execute("DELETE FROM schema_version WHERE version > 1")
        ((text,),) = before.execute("SELECT plan FROM runs")
        plan = json.loads(text)
        del plan["suite"]["stop_rule"]
        before.execute("UPDATE runs SET plan = ?", (json.dumps(plan),))
    before.close()
    with Store.open(file) as again:
        assert again.load(number) == run
        again.add_stop(number, StopDecision("json_query", 3, "enough"))
        assert again.load(number).rounds_due("json_query") == 3


def test_a_stop_makes_a_run_shorter(store: Store, run: Run) -> None:
    number = keep(store, run)
    stop = StopDecision("json_query", 2, "every pair differs")
    store.add_stop(number, stop)
    loaded = store.load(number)
    assert loaded.stops == (stop,)
    (line,) = store.list_runs()
    assert line.trials_planned == len(loaded.due()) == 3 * (2 + 5)


def test_a_store_is_made_when_it_is_used(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    with open_store(str(file)):
        assert list(tmp_path.iterdir()) == []
    with open_store(str(file)) as store:
        assert keep(store, run) == 1
    with Store.open(file) as store:
        assert [line.number for line in store.list_runs()] == [1]
