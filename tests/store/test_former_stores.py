"""Stores that former versions wrote open, and say what they said."""

from __future__ import annotations

import gzip
import json
import math
import re
import sqlite3
import statistics
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from make_fixture import FOLDER, everything, keep, write

from timetrial.analysis.summarize import summarize
from timetrial.features.run_report import ADDITIONS
from timetrial.model.run import Run
from timetrial.model.summary import Estimate, Summary
from timetrial.reports.html import as_html
from timetrial.reports.json import DOCUMENT, as_json
from timetrial.runner.digests import up_to_date_digests
from timetrial.store import Store
from timetrial.store.migrations import MIGRATIONS
from timetrial.store.payloads import DIGEST, PAYLOAD_VERSION

sys.path.insert(0, str(Path(__file__).parents[1] / "stacks" / "services"))
from real_services import running

NAMED = re.compile(r"schema-(?P<schema>\d+)-payload-(?P<payload>\d+)-(?P<word>[a-z]+)\.sql(\.gz)?")
FIXTURES = sorted(FOLDER.glob("*.sql*"))
MOST_BYTES = 1_000_000
HOW = "`PYTHONPATH=tests python tests/store/make_fixture.py WORD` makes one; see the README there"

Figures = Mapping[tuple[str, str], float]


@cache
def of_today() -> Run:
    """Make a run with all kinds of records, but only some of its many trials."""
    whole = everything()
    return replace(whole, measurements=whole.measurements[::6])


def text_of(fixture: Path) -> str:
    raw = fixture.read_bytes()
    return (gzip.decompress(raw) if fixture.suffix == ".gz" else raw).decode()


def versions_of(fixture: Path) -> tuple[int, int]:
    match = NAMED.fullmatch(fixture.name)
    assert match, f"{fixture.name} is named otherwise than the README says"
    return int(match["schema"]), int(match["payload"])


def _id(fixture: Path) -> str:
    return fixture.name.partition(".")[0]


EACH = pytest.mark.parametrize("fixture", FIXTURES, ids=_id)


@pytest.fixture(params=FIXTURES, ids=_id)
def former(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Make the store again, as it was left behind."""
    return left_behind(request.param, tmp_path / "former.db")


def left_behind(fixture: Path, file: Path) -> Path:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(text_of(fixture))
    return file


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("postgres", tmp_path_factory.mktemp("postgres")) as services:
        (service,) = services._running
        yield service.values()["postgres_url"]


@pytest.fixture(scope="module")
def shared(server: str) -> Iterator[Store]:
    """Open one store for all: to make the tables anew takes far longer than to remove a run."""
    with Store.open(server) as store:
        yield store


def rows(file: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def throughput_of(file: Path) -> Figures:
    """Work it out from the windows as they were written, without any code of ours."""
    rounds: dict[tuple[str, str], list[float]] = {}
    columns = {name for _, name, *_ in rows(file, "PRAGMA table_info(trials)")}
    (column,) = columns & {"benchmark", "contest"}
    for benchmark, stack, payload in rows(file, f"SELECT {column}, stack, payload FROM trials"):  # noqa: S608 - one of two names
        windows = json.loads(payload)["windows"]
        length_s = sum(each["closed_ns"] - each["opened_ns"] for each in windows) / 1e9
        completions = sum(each["completions"] for each in windows)
        rounds.setdefault((benchmark, stack), []).append(completions / length_s)
    return {cell: statistics.geometric_mean(figures) for cell, figures in rounds.items()}


@cache
def run_in(fixture: Path) -> Run:
    """Load the run of a store once: each is looked at from several sides."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "former.db"
        left_behind(fixture, file)
        with Store.open(file) as store:
            return store.load(1)


@cache
def document_of(fixture: Path) -> Any:  # noqa: ANN401 - parsed JSON
    """Export the run of a store once, as a file holds it."""
    with TemporaryDirectory() as folder:
        file = left_behind(fixture, Path(folder) / "former.db")
        with Store.open(file) as store:
            return json.loads(json.dumps(store.export(1)))


@cache
def summary_of(fixture: Path) -> Summary:
    return summarize(run_in(fixture))


def throughput_in(summary: Summary) -> Figures:
    return {
        (table.benchmark.name, row.stack.name): row.throughput.value
        for table in summary.tables
        for row in table.rows
        if isinstance(row.throughput, Estimate)
    }


def test_there_is_one_of_every_schema_and_of_every_format_of_records() -> None:
    found = [versions_of(fixture) for fixture in FIXTURES]
    assert {schema for schema, _ in found} == set(range(1, len(MIGRATIONS) + 1)), HOW
    assert {payload for _, payload in found} == set(range(1, PAYLOAD_VERSION + 1)), HOW


def test_each_is_of_the_versions_that_its_name_says_and_all_are_small() -> None:
    for fixture in FIXTURES:
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(text_of(fixture))
            ((schema,),) = database.execute("SELECT max(version) FROM schema_version")
            ((payload,),) = database.execute("SELECT max(payload_version) FROM trials")
        assert (schema, payload) == versions_of(fixture), fixture.name
    assert sum(fixture.stat().st_size for fixture in FIXTURES) < MOST_BYTES


def test_the_readme_says_what_each_holds() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert [f.name for f in FIXTURES if f"`{f.name.partition('.')[0]}`" not in readme] == []


def test_it_opens_in_the_schema_of_this_version(former: Path) -> None:
    with Store.open(former) as store:
        (line,) = store.list_runs()
    assert (line.suite, line.number) == ("quick", 1)
    assert line.trials_measured == rows(former, "SELECT count(*) FROM trials")[0][0]
    assert rows(former, "SELECT max(version) FROM schema_version") == [(len(MIGRATIONS),)]


def test_every_record_is_read(former: Path) -> None:
    kept = {
        table: rows(former, f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - our own names
        for (table,) in rows(former, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    with Store.open(former) as store:
        run = store.load("latest")
    # Digests of a former version are read, and then made anew.
    digests = [
        DIGEST.read(payload, version)
        for payload, version in rows(former, "SELECT payload, payload_version FROM digests")
    ]
    read = {
        "trials": run.measurements,
        "failures": run.failures,
        "lives": run.lives,
        "configurations": run.configurations,
        "stops": (*run.stops, *run.dropped),
        "experiments": run.experiments,
        "digests": digests,
    }
    assert {name: len(records) for name, records in read.items()} == {
        name: kept.get(name, 0) for name in read
    }


@EACH
def test_its_figures_are_what_they_were(fixture: Path, tmp_path: Path) -> None:
    expected = throughput_of(left_behind(fixture, tmp_path / "former.db"))
    twins = {stack.name for stack in run_in(fixture).plan.suite.stacks if stack.control_of}
    found = throughput_in(summary_of(fixture))
    assert {*found} == {(benchmark, stack) for benchmark, stack in expected if stack not in twins}
    for cell, figure in found.items():
        assert math.isclose(figure, expected[cell], rel_tol=1e-9), cell


def test_a_document_of_version_1_says_what_its_store_says(tmp_path: Path) -> None:
    (whole,) = (each for each in FIXTURES if each.name.startswith("schema-5-payload-2-whole"))
    document = document_of_version_1(left_behind(whole, tmp_path / "former.db"))
    with Store.open(tmp_path / "new.db") as store:
        arrived = store.load(store.add_document(document))
    assert replace(arrived, number=1) == run_in(whole)


def document_of_version_1(file: Path) -> dict[str, Any]:
    """Write what `timetrial runs export` wrote of a store of schema 5."""
    kept = ("created_at", "timetrial_version", "suite", "trials_planned", "payload_version")
    tables = ("trials", "failures", "lives", "configurations", "stops", "experiments")
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        (run,) = database.execute("SELECT * FROM runs").fetchall()
        records = {
            table: [
                {key: row[key] for key in row.keys() if key not in {"id", "run", "payload"}}  # noqa: SIM118 - a row is no mapping
                | {"payload": json.loads(row["payload"])}
                for row in database.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - names from above
            ]
            for table in tables
        }
    texts = {key: json.loads(run[key]) for key in ("plan", "machine", "facts")}
    about = {**{key: run[key] for key in kept}, **texts}
    return {"format": "timetrial run", "version": 1, "run": about, **records}


@EACH
def test_it_is_reported_as_a_page_and_as_json(fixture: Path) -> None:
    summary = summary_of(fixture)
    page = as_html(summary, ADDITIONS)
    assert "uvicorn" in page
    assert "json_query" in page
    document = DOCUMENT.validate_json(as_json(summary, ADDITIONS))
    assert document.summary.run == summary.run


@EACH
def test_it_has_a_place_in_histories(fixture: Path, tmp_path: Path) -> None:
    summary = summary_of(fixture)
    with Store.open(left_behind(fixture, tmp_path / "former.db")) as store:
        digests = up_to_date_digests(store)
    assert [each.run for each in digests.readable] == ([1] if summary.complete else [])
    assert not digests.damaged


def test_it_can_be_gone_on_with(former: Path) -> None:
    with Store.open(former) as store:
        run = of_today()
        assert keep(store, run) == 2
        assert store.load(2).measurements == run.measurements


@EACH
def test_it_travels_to_a_store_of_today(fixture: Path, tmp_path: Path) -> None:
    with Store.open(tmp_path / "today.db") as today:
        assert today.load(today.add_document(document_of(fixture))) == run_in(fixture)


@EACH
def test_it_travels_to_postgresql_and_back(fixture: Path, shared: Store, tmp_path: Path) -> None:
    number = shared.add_document(document_of(fixture))
    assert replace(shared.load(number), number=1) == run_in(fixture)
    with Store.open(tmp_path / "back.db") as back:
        assert back.load(back.add_document(shared.export(number))) == run_in(fixture)
    shared.delete(number)  # several were made of one plan at one time: a store takes one of them


def test_a_store_of_today_holds_every_kind_of_record(tmp_path: Path) -> None:
    made = write("today", tmp_path)
    assert versions_of(made) == (len(MIGRATIONS), PAYLOAD_VERSION)
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(text_of(made))
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        empty = [
            name
            for (name,) in tables
            if not database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - our own names
        ]
    assert empty == []
