"""What pyperf itself makes of the JSON that is written for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import scenes

from runs import CHARACTERS, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model.summary import Estimate, Summary
from timetrial.reports.pyperf import as_pyperf

pytest.importorskip("pyperf", reason="needs the package pyperf")

AT_MOST_S = 60


def pyperf(*arguments: str | Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "pyperf", *map(str, arguments)],
        capture_output=True, text=True, timeout=AT_MOST_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def written(summary: Summary, file: Path) -> Path:
    file.write_text(as_pyperf(summary))
    return file


def document(summary: Summary) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_pyperf(summary))
    return loaded


def named(summary: Summary) -> dict[str, Any]:
    return {each["metadata"]["name"]: each for each in document(summary)["benchmarks"]}


def test_pyperf_compares_two_runs_and_names_the_benchmarks(tmp_path: Path) -> None:
    suite = a_suite(["uvicorn", "uwsgi"])
    slower = {**CHARACTERS, **scenes._changed("uvicorn", requests_per_s=2_000, cpu_ms=0.4)}
    before = written(summarize(a_run(suite)), tmp_path / "a.json")
    after = written(summarize(a_run(suite, characters=slower, seed=2)), tmp_path / "b.json")
    table = pyperf("compare_to", before, after, "--table")
    (line,) = (line for line in table.splitlines() if line.startswith("| json_query/uvicorn  "))
    assert "slower" in line
    (line,) = (line for line in table.splitlines() if "json_query/uvicorn CPU" in line)
    assert "1.6" in line or "1.7" in line


def test_pyperf_compares_runs_of_different_lengths(tmp_path: Path) -> None:
    short = written(summarize(a_run(a_suite(["uvicorn"], rounds=3))), tmp_path / "a.json")
    long = written(summarize(a_run(a_suite(["uvicorn"]), seed=2)), tmp_path / "b.json")
    assert "wait_50ms/uvicorn" in pyperf("compare_to", short, long, "--table", "-v")


def test_pyperf_shows_the_means_that_we_have(tmp_path: Path) -> None:
    summary = summarize(a_run(a_suite(["uvicorn"])))
    throughput = summary.tables[0].rows[0].throughput
    assert isinstance(throughput, Estimate)
    shown = pyperf("show", "--quiet", written(summary, tmp_path / "a.json"))
    (line,) = (line for line in shown.splitlines() if line.startswith("json_query/uvicorn: "))
    assert f": {1e6 / throughput.value:.0f} us" in line


def test_pyperf_shows_what_it_was_measured_on(tmp_path: Path) -> None:
    shown = pyperf("metadata", written(summarize(a_run(a_suite(["uvicorn"]))), tmp_path / "a.json"))
    for line in ("cpu_model_name: Example CPU @ 2.70GHz", "python_version: 3.11.7",
                 "server_version: 0.38.0", "load: 16 connections"):  # fmt: skip
        assert f"- {line}\n" in shown


def test_a_run_of_pyperf_is_a_round_with_one_value() -> None:
    (benchmark, *_) = document(scenes.good())["benchmarks"]
    assert [run["metadata"]["timetrial_round"] for run in benchmark["runs"]] == [1, 2, 3, 4, 5]
    assert {len(run["values"]) for run in benchmark["runs"]} == {1}


def test_what_is_void_or_but_a_bound_is_left_out_and_named() -> None:
    found = named(scenes.troubled())
    assert "json_query/gunicorn" not in found
    assert "json_query/gunicorn CPU" not in found
    assert "json_query/granian" not in found
    assert "json_query/granian CPU" in found
    left_out = document(scenes.troubled())["metadata"]["timetrial_left_out"]
    assert "json_query/gunicorn (errors)" in left_out
    assert "json_query/granian (generator-saturated)" in left_out
    assert "json_query/waitress (not measured)" in left_out


@pytest.mark.parametrize("name", ["good", "troubled", "few_rounds", "interrupted"])
def test_pyperf_reads_every_run(name: str, tmp_path: Path) -> None:
    pyperf("show", "--metadata", written(scenes.ALL[name](), tmp_path / "a.json"))
