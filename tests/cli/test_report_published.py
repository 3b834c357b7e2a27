"""`timetrial report --published`: a real run beside figures that others published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import complaint, timetrial, within, write
from small_runs import WARM_UP

SUITE = f"""
name = "django-workers-small"
title = "Two servers"
app = "raw"
servers = ["gunicorn-gevent", "granian-asgi"]
workers = 1
rounds = 1
{WARM_UP}

[[contests]]
name = "sync/json"
workload = "hello"
connections = 8
window_ms = 500
lead_in_ms = 50
windows = 2
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take a small run of a suite whose name extends that of a published one."""
    folder = tmp_path_factory.mktemp("published")
    write(folder, {"django-workers-small.toml": SUITE})
    ended = timetrial("run", "django-workers-small.toml", "--seed", "1", folder=folder)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_both_figures_stand_in_one_row(measured: Path) -> None:
    ended = within("report", "--published", folder=measured)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.lstrip().startswith("gunicorn-gevent"))
    assert "31,100" in lines[at]
    assert lines[at].split()[-2:] == ["1", "1"], ended.stdout
    assert (measured / "timetrial-reports" / "run-1-published.html").is_file()


def test_as_json_it_comes_with_the_summary(measured: Path) -> None:
    ended = within("report", "--published", "--json", folder=measured)
    document = json.loads(ended.stdout)
    found = [line for line in document["published"]["lines"] if line["our_ratio"]]
    assert [line["row"]["cell"]["stack"] for line in found] == ["gunicorn-gevent", "granian-asgi"]
    decided = [pair["agreement"] for pair in document["published"]["pairs"]]
    assert decided.count("cannot tell") == 1


def test_a_suite_of_which_nothing_was_published_is_refused(tmp_path: Path) -> None:
    suite = SUITE.replace("django-workers-small", "mine").replace("gunicorn-gevent", "granian-wsgi")
    write(tmp_path, {"mine.toml": suite})
    assert timetrial("run", "mine.toml", folder=tmp_path).returncode == 0
    sentence = complaint("report", "--published", folder=tmp_path)
    assert sentence.startswith("nothing was published on the suite 'mine'; there are published")
    sentence = complaint("report", "--rows", folder=tmp_path)
    assert sentence.startswith(
        "the store 'timetrial.db' has no run of which anything was published"
    )


def test_brief_json_has_no_single_trials(measured: Path) -> None:
    document = json.loads(within("report", "--json", "--brief", folder=measured).stdout)
    assert document["brief"]
    assert document["summary"]["run"]["measurements"] == []
    assert document["summary"]["tables"][0]["rows"][0]["throughput"]["value"] > 0


def test_every_published_row_gets_its_status(measured: Path) -> None:
    ended = within("report", "1", "--rows", "--reports", "rows", folder=measured)
    assert ended.returncode == 0, ended.stderr
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    total = next(line for line in lines if line.startswith("all that is printed"))
    assert [int(number) for number in total.split()[4:]][-2:] == [171, 173]
    assert sorted(file.name for file in (measured / "rows").iterdir()) == [
        "published-rows.html",
        "published-rows.json",
        "published-rows.md",
    ]


def test_without_a_number_it_is_the_latest_run_of_each_suite(measured: Path) -> None:
    ended = within("report", "--rows", "--json", folder=measured)
    found = {suite["suite"]: suite["run"] for suite in json.loads(ended.stdout)["suites"]}
    assert found["django-workers"]["number"] == 1
    assert (found["pipelining"], found["sync-vs-async"]) == (None, None)


def test_what_cannot_be_put_together_is_refused(measured: Path) -> None:
    assert complaint("report", "1", "1", folder=measured) == (
        "2 runs were named; only --rows takes more than one"
    )
    assert complaint("report", "1", "1", "--rows", folder=measured) == (
        "runs 1 and 1 are both of the suite 'django-workers'; --rows takes one run of each suite"
    )
    assert complaint("report", "--brief", folder=measured) == (
        "--brief is about the --json of a run alone"
    )
    assert complaint("report", "--rows", "--published", folder=measured) == (
        "--rows and --published are two reports: give one of them"
    )


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_published_rows_stand_beside_each_of_several_drivers(tmp_path: Path) -> None:
    write(tmp_path, {"django-workers-small.toml": SUITE.replace('"gunicorn-gevent", ', "")})
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
    for found in document["published_by"].values():
        (line,) = (line for line in found["lines"] if line["our_ratio"])
        assert line["row"]["cell"]["stack"] == "granian-asgi"
