"""`timetrial report --published`: a run beside figures that others published."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from command_line import complaint, timetrial, within, write
from small_runs import WARM_UP, keep, stored

from other_processes import disturbed
from runs import Character, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model.run import Run

SUITE = f"""
name = "django-workers-small"
title = "One server"
app = "raw"
servers = ["granian-asgi"]
workers = 1
rounds = 1
{WARM_UP}

[[benchmarks]]
name = "sync/json"
workload = "hello"
connections = 8
window_ms = 500
lead_in_ms = 50
windows = 2
"""


FIGURES = {
    "gunicorn-gevent": Character(2_340, 0.402, 88, "23.0.0"),
    "granian-asgi": Character(5_400, 0.172, 71, "2.5.4"),
}


def a_published_run(name: str) -> Run:
    """Take an invented run of a suite in which published servers answer the published request."""
    suite = a_suite(tuple(FIGURES), rounds=1)
    benchmark = dataclasses.replace(suite.benchmarks[0], name="sync/json")
    suite = dataclasses.replace(suite, name=name, benchmarks=(benchmark,))
    return a_run(suite, characters=FIGURES)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a run of a suite whose name extends that of a published one."""
    folder = tmp_path_factory.mktemp("published")
    keep(folder, a_published_run("django-workers-small"))
    return folder


def test_both_figures_stand_in_one_row(kept: Path) -> None:
    ended = within("report", "--published", folder=kept)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.lstrip().startswith("gunicorn-gevent"))
    assert "31,100" in lines[at]
    assert lines[at].split()[-2:] == ["1", "1"], ended.stdout
    assert (kept / "timetrial-reports" / "run-1-published.html").is_file()


def test_as_json_it_comes_with_the_summary(kept: Path) -> None:
    ended = within("report", "--published", "--json", folder=kept)
    document = json.loads(ended.stdout)
    found = [line for line in document["published"]["lines"] if line["our_ratio"]]
    assert [line["row"]["cell"]["stack"] for line in found] == ["gunicorn-gevent", "granian-asgi"]
    decided = [pair["agreement"] for pair in document["published"]["pairs"]]
    assert decided.count("cannot tell") == 1


def test_a_suite_of_which_nothing_was_published_is_refused(tmp_path: Path) -> None:
    keep(tmp_path, a_published_run("mine"))
    sentence = complaint("report", "--published", folder=tmp_path)
    assert sentence.startswith("nothing was published on the suite 'mine'; there are published")
    sentence = complaint("report", "--rows", folder=tmp_path)
    assert sentence.startswith(
        "the store 'timetrial.db' has no run of which anything was published"
    )


def test_brief_json_has_no_single_trials(kept: Path) -> None:
    document = json.loads(within("report", "--json", "--brief", folder=kept).stdout)
    assert document["brief"]
    assert document["summary"]["run"]["measurements"] == []
    assert document["summary"]["tables"][0]["rows"][0]["throughput"]["value"] > 0


def test_every_published_row_gets_its_status(kept: Path) -> None:
    ended = within("report", "1", "--rows", "--reports", "rows", folder=kept)
    assert ended.returncode == 0, ended.stderr
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    total = next(line for line in lines if line.startswith("all that is printed"))
    assert [int(number) for number in total.split()[4:]][-2:] == [171, 173]
    assert sorted(file.name for file in (kept / "rows").iterdir()) == [
        "published-rows.html",
        "published-rows.json",
        "published-rows.md",
    ]


def test_without_a_number_it_is_the_latest_run_of_each_suite(kept: Path) -> None:
    ended = within("report", "--rows", "--json", folder=kept)
    found = {suite["suite"]: suite["run"] for suite in json.loads(ended.stdout)["suites"]}
    assert found["django-workers"]["number"] == 1
    assert (found["pipelining"], found["sync-vs-async"]) == (None, None)


def test_what_cannot_be_put_together_is_refused(kept: Path) -> None:
    assert complaint("report", "1", "1", folder=kept) == (
        "2 runs were named; only --rows takes more than one"
    )
    assert complaint("report", "1", "1", "--rows", folder=kept) == (
        "runs 1 and 1 are both of the suite 'django-workers'; --rows takes one run of each suite"
    )
    assert complaint("report", "--brief", folder=kept) == (
        "--brief is about the --json of a run alone"
    )
    assert complaint("report", "--rows", "--published", folder=kept) == (
        "--rows and --published are two reports: give one of them"
    )


@pytest.mark.live
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_published_rows_stand_beside_each_of_several_drivers(tmp_path: Path) -> None:
    write(tmp_path, {"django-workers-small.toml": SUITE})
    arguments = ("django-workers-small.toml", "--driver", "engine,wrk")
    assert timetrial("run", *arguments, folder=tmp_path).returncode == 0
    ended = within("report", "--published", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("Published figures beside") == 2
    assert ended.stdout.count("driven by wrk: ") == 1
    assert "wrk's own figures" in ended.stdout
    pages = {page.name for page in (tmp_path / "timetrial-reports").glob("*-published*")}
    assert pages == {"run-1-published.html", "run-1-published-wrk.html"}
    document = json.loads(within("report", "--published", "--json", folder=tmp_path).stdout)
    assert [*document["published_by"]] == ["engine", "wrk"]
    findings = summarize(stored(tmp_path)).tables[0].findings
    for found in document["published_by"].values():
        ours = [each["row"]["cell"]["stack"] for each in found["lines"] if each["our_ratio"]]
        assert ours == ["granian-asgi"] or (not ours and disturbed(findings, "granian-asgi"))
