"""`timetrial report RUN --format …`: other forms of a report, in files and on standard output."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command_line import complaint, within

from runs import a_failure, a_run, a_suite
from timetrial.store.store import Store


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep one invented run in a store."""
    folder = tmp_path_factory.mktemp("forms")
    run = a_run(a_suite(["uvicorn", "waitress"], rounds=3), failures=[a_failure()])
    with Store.open(folder / "timetrial.db") as store:
        number = store.create_run(
            run.plan, run.machine, run.facts, run.timetrial_version, run.created_at
        )
        for measurement in run.measurements:
            store.add_trial(number, measurement)
        for failure in run.failures:
            store.add_failure(number, failure)
    return folder


def test_several_forms_are_written_into_the_folder_of_reports(kept: Path) -> None:
    ended = within("report", "1", "--format", "markdown,csv,hdr", "--reports", "r", folder=kept)
    assert (ended.returncode, ended.stderr) == (0, "")
    files = ["r/run-1.md", "r/run-1.csv", "r/run-1.hlog"]
    assert ended.stdout == f"Report: {', '.join(files)}\n"
    assert {f"r/{file.name}" for file in (kept / "r").iterdir()} == {*files}


def test_one_form_goes_to_standard_output_and_nothing_else_does(kept: Path) -> None:
    ended = within("report", "--format", "csv", "-o", "-", folder=kept)
    assert (ended.returncode, ended.stderr) == (0, "")
    found = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert [line["status"] for line in found].count("failed") == 2
    assert len(found) == 12


def test_one_form_goes_where_it_is_wanted(kept: Path) -> None:
    ended = within("report", "--format", "pyperf", "-o", "own.json", folder=kept)
    assert ended.stdout == "Report: own.json\n"
    assert json.loads((kept / "own.json").read_text())["version"] == "1.0"


def test_json_is_the_same_by_either_option(kept: Path) -> None:
    by_format = within("report", "--format", "json", "--brief", "-o", "-", folder=kept).stdout
    by_flag = within("report", "--json", "--brief", folder=kept).stdout
    assert json.loads(by_format) == json.loads(by_flag)
    assert json.loads(by_flag)["schema"] == "report-2"


def test_the_schema_is_printed_without_any_store(tmp_path: Path) -> None:
    ended = within("report", "--schema", folder=tmp_path)
    assert json.loads(ended.stdout)["$id"] == "urn:timetrial:report-2"


def test_charts_lie_beside_the_markdown_that_links_them(kept: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'charts' (matplotlib)")
    ended = within("report", "--format", "markdown,svg", "--reports", "charts", folder=kept)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == "drawing charts\n"
    names = {file.name for file in (kept / "charts").iterdir()}
    assert ended.stdout.startswith(f"Report: {len(names)} files ")
    assert "run-1.md" in ended.stdout
    text = (kept / "charts" / "run-1.md").read_text()
    assert all(name in text for name in names - {"run-1.md"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--format", "xls"),
            (
                "there is no form of a report called 'xls'; known are csv, hdr, html, json, "
                "markdown, openmetrics, otlp, png, pyperf, svg"
            ),
        ),
        (
            ("--format", "mardown"),
            "there is no form of a report called 'mardown'; did you mean 'markdown'?",
        ),
        (("-o", "x"), "--output says where one --format goes: give both"),
        (
            ("--format", "csv,json", "-o", "x"),
            "--output takes one form, 2 were named; --reports takes a folder for all",
        ),
        (
            ("--format", "svg", "-o", "-"),
            "svg is a file for each chart: name a folder with --reports",
        ),
        (
            ("--format", "csv", "--json"),
            "--format and --json are two reports: give one of them",
        ),
        (
            ("--format", "csv", "--brief"),
            "--brief is about JSON: give it with --json or --format json",
        ),
        (
            ("--format", "csv", "-o", "no/such/folder.csv"),
            "the file 'no/such/folder.csv' cannot be written: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    arguments: tuple[str, ...], said: str, kept: Path
) -> None:
    assert complaint("report", "1", *arguments, folder=kept) == said
