"""`timetrial gate`: exit codes, files, and what it refuses."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from command_line import complaint, timetrial, within, write
from small_runs import keep, stored

from runs import CHARACTERS, a_run, a_suite
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.summarize import summarize
from timetrial.cli.gate import gate
from timetrial.features.gate.github import COMMENT_MARK
from timetrial.features.gate.json import GATE
from timetrial.features.gate.text import chosen_text
from timetrial.model.events import BaseChosen, ServerChosen
from timetrial.model.load import ClosedLoad
from timetrial.model.run import Run
from timetrial.model.suite import Suite

SUITE = dataclasses.replace(
    a_suite(["granian", "uvicorn"], rounds=6),
    benchmarks=a_suite(["granian", "uvicorn"]).benchmarks[:1],
)
SLOWER = dataclasses.replace(CHARACTERS["uvicorn"], requests_per_s=3_950 * 0.8, cpu_ms=0.236 * 1.2)


@cache
def first(suite: Suite = SUITE) -> Run:
    return a_run(suite)


def later(*, slower: bool, suite: Suite = SUITE) -> Run:
    characters = {**CHARACTERS, "uvicorn": SLOWER} if slower else CHARACTERS
    run = a_run(suite, seed=2, characters=characters)
    return dataclasses.replace(run, created_at="2026-10-15T09:26:53+00:00")


def test_a_regression_since_the_baseline_exits_with_1(tmp_path: Path) -> None:
    keep(tmp_path, first(), later(slower=True))
    shown = within("gate", "--baseline", "1", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (1, "")
    assert {"run 1", "run 2"} <= {*re.findall(r"run \d", shown.stdout)}
    assert "\nFAILED  " in shown.stdout


def test_without_one_it_exits_with_0_and_strict_asks_for_more(tmp_path: Path) -> None:
    keep(tmp_path, first(), later(slower=False))
    arguments = ("gate", "--baseline", "1", "--candidate", "2", "--max-regression", "0%")
    assert within(*arguments, folder=tmp_path).returncode == 0
    strict = within(*arguments, "--strict", folder=tmp_path)
    assert strict.returncode == 1
    assert "--strict" in strict.stdout


def test_two_stacks_of_one_run_are_gated_side_by_side(tmp_path: Path) -> None:
    keep(tmp_path, first())
    pair = ("--old", "granian", "--new", "uvicorn")
    shown = within("gate", *pair, "--metric", "throughput", "--json", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (1, "")
    found = GATE.validate_json(shown.stdout).gate
    assert (found.way, found.old, found.new) == ("side by side", "granian", "uvicorn")
    assert [each.metric for each in found.judgements] == ["throughput"]


def test_an_exported_run_is_a_baseline_for_another_store(tmp_path: Path) -> None:
    keep(tmp_path, first())
    assert within("runs", "export", "1", "-o", "old.json", folder=tmp_path).returncode == 0
    (tmp_path / "timetrial.db").unlink()
    keep(tmp_path, later(slower=True))
    shown = within("gate", "--baseline", "old.json", "--json", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (1, "")
    found = GATE.validate_json(shown.stdout).gate
    assert (found.way, found.old, found.new) == ("stored", "old.json", "run 1")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["old.json", "timetrial.db"]


def test_junit_and_a_comment_are_written_for_what_was_judged(tmp_path: Path) -> None:
    keep(tmp_path, first(), later(slower=True))
    arguments = ("gate", "--baseline", "1", "--junit", "gate.xml", "--comment", "gate.md")
    assert within(*arguments, folder=tmp_path).returncode == 1
    mark, title, *_ = (tmp_path / "gate.md").read_text("utf-8").splitlines()
    assert mark == COMMENT_MARK
    assert title.startswith("### ")
    suites = ET.fromstring((tmp_path / "gate.xml").read_text("utf-8"))  # noqa: S314 - our own
    assert suites[0].get("tests") == "6"


def test_on_github_there_are_annotations_and_a_summary(tmp_path: Path) -> None:
    keep(tmp_path, first(), later(slower=True))
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    store = ("--store", str(tmp_path / "timetrial.db"))
    shown = CliRunner().invoke(
        gate,
        ["--baseline", "1", *store],
        env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
        standalone_mode=False,
    )
    assert shown.return_value == 1
    (error, *_) = (line for line in shown.stdout.splitlines() if line.startswith("::"))
    assert error.startswith("::error title=Regression%3A uvicorn")
    before, heading, *_ = summary.read_text("utf-8").splitlines()
    assert before == "before"
    assert heading.startswith("### run 2 ")


def test_annotations_leave_json_alone(tmp_path: Path) -> None:
    keep(tmp_path, first(), later(slower=True))
    shown = within("gate", "--baseline", "1", "--json", "--github", folder=tmp_path)
    assert shown.stderr.startswith("::error ")
    assert not GATE.validate_json(shown.stdout).passed


def test_another_load_is_refused_unless_told_so_and_then_it_is_said(tmp_path: Path) -> None:
    (benchmark,) = SUITE.benchmarks
    other = dataclasses.replace(
        SUITE, benchmarks=(dataclasses.replace(benchmark, load=ClosedLoad(64)),)
    )
    keep(tmp_path, first(), later(slower=False, suite=other))
    assert complaint("gate", "--baseline", "1", folder=tmp_path) == (
        "run 1 and run 2 cannot be compared: load of json_query '16 connections, timeout 10 s' "
        "against '64 connections, timeout 10 s'; --anyway judges nevertheless"
    )
    shown = within("gate", "--baseline", "1", "--anyway", "--json", folder=tmp_path)
    document = GATE.validate_json(shown.stdout)
    assert shown.returncode == (0 if document.passed else 1)
    assert "'64 connections, timeout" in document.gate.remarks[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--baseline", "2"), "run 2 cannot be gated against itself: name another --baseline"),
        (("--baseline", "7"), "there is no run called '7'; known are 1, 2"),
        (
            ("--baseline", "old.json"),
            (
                "'old.json' is neither a run (its number, or 'latest') nor a file that "
                "`timetrial runs export` has written"
            ),
        ),
        (("--baseline", "text"), "'text' cannot be a baseline: it is no JSON"),
        (
            ("--baseline", "other.json"),
            (
                "'other.json' cannot be a baseline: it is no run that `timetrial runs export` "
                "has written"
            ),
        ),
        (
            ("1", "--baseline", "2"),
            "--baseline compares two runs: name the other one with --candidate, and no stacks",
        ),
        (
            ("--base-rev", "main", "--baseline", "1"),
            "--base-rev measures what it judges: it needs no stacks and no runs",
        ),
        (
            ("1", "--server", "waitress"),
            "--base-rev, --head-rev and --server are about an APP, not about runs",
        ),
        (
            ("latest",),
            (
                "a gate of runs needs two to compare: --old and --new, stacks of one run; or "
                "--baseline, a stored run"
            ),
        ),
        (
            ("app:application", "--rev", "main"),
            (
                "a gate compares two commits on one server, which --base-rev, --head-rev and "
                "--server name, not --rev and --servers"
            ),
        ),
        (("1", "2", "--old", "granian"), "gate: got unexpected extra argument (2)"),
        (
            ("--baseline", "1", "--rounds", "3"),
            "--rounds is about a race of an APP, and this gate judges runs",
        ),
        (
            ("--candidate", "1"),
            "--candidate and --anyway are about --baseline, which is not given",
        ),
        (
            ("--baseline", "1", "--junit", "nowhere/gate.xml"),
            "--junit: there is no folder 'nowhere'",
        ),
        (
            ("--baseline", "1", "--comment", "nowhere/gate.md"),
            "--comment: there is no folder 'nowhere'",
        ),
        (
            ("--baseline", "1", "--max-regression", "80%"),
            "gate: invalid value for '--max-regression': '80%' is not between 0% and 50%",
        ),
    ],
)
def test_bad_input_is_said_in_one_sentence(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    keep(tmp_path, first(), later(slower=False))
    (tmp_path / "text").write_text("no JSON", "utf-8")
    (tmp_path / "other.json").write_text("[]", "utf-8")
    assert complaint("gate", *arguments, folder=tmp_path) == said


APP = """
def application(environ, start_response):
    body = b"%d" % (sum(range({work})) * 0)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


def repository(folder: Path, branch: str = "main") -> Path:
    """Make one of one commit, with nothing that has changed since."""
    write(folder, {"app.py": APP.format(work=10)})
    git(folder, "init", "--quiet", "--initial-branch", branch)
    git(folder, "add", "app.py")
    git(folder, "commit", "--quiet", "--message", "1")
    return folder


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607 - whichever is there


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ((), "the working tree is main (COMMIT) without a change"),
        (("--base-rev", "HEAD"), "the working tree is HEAD (COMMIT) without a change"),
        (("--head-rev", "HEAD"), "main and HEAD are the same commit (COMMIT)"),
    ],
)
def test_one_state_of_the_code_is_not_raced_against_itself(
    named: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    keep(repository(tmp_path), first())
    commit = (tmp_path / ".git" / "refs" / "heads" / "main").read_text("utf-8")[:10]
    assert complaint("gate", "app:application", *named, folder=tmp_path) == (
        f"there is nothing to compare, because {said.replace('COMMIT', commit)}; --base-rev names "
        "another commit, as HEAD~1"
    )


def test_without_a_repository_it_says_what_else_to_name(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": APP.format(work=10)})
    assert complaint("gate", "app:application", folder=tmp_path) == (
        f"{str(tmp_path)!r} lies in no repository of git, so that there is no commit to compare "
        "with: --baseline names a stored run, --old and --new two stacks of one"
    )


def test_without_a_branch_that_is_merged_into_one_has_to_be_named(tmp_path: Path) -> None:
    repository(tmp_path, branch="trunk")
    assert complaint("gate", "app:application", folder=tmp_path) == (
        f"the repository {str(tmp_path)!r} has neither main nor master nor origin/HEAD: --base-rev "
        "names the commit to compare with, --baseline a stored run"
    )


def test_what_was_not_named_is_chosen_and_said(tmp_path: Path) -> None:
    write(repository(tmp_path), {"app.py": APP.format(work=20)})
    # It goes no further: a race has no such round.
    shown = within("gate", "app:application", "--rounds", "2", "--control", folder=tmp_path)
    assert shown.returncode == 2
    said = " ".join(shown.stderr.split())
    base, server = BaseChosen("main"), ServerChosen("gunicorn-gthread", "WHY")
    assert chosen_text(base) in said
    assert all(part in said for part in ("WSGI", *chosen_text(server).split("WHY")))


@pytest.mark.live
def test_a_commit_is_gated_beside_the_one_before_it(tmp_path: Path) -> None:
    write(repository(tmp_path), {"app.py": APP.format(work=40_000)})
    shown = timetrial(
        "gate", "app:application", "--server", "waitress", "--budget", "36s", "--no-control",
        "--metric", "cpu", "--max-regression", "20%", folder=tmp_path, at_most_s=300,
    )  # fmt: skip
    run = stored(tmp_path)
    old, new = (each.name for each in run.plan.suite.stacks)
    assert old.startswith("waitress, main (")
    assert new == "waitress, working tree"
    assert new in shown.stdout
    # A thousand times the work is worse whatever else runs, unless that leaves no figure or less
    # rounds than a verdict takes.
    stolen = any(each.name == "steal" for each in summarize(run).tables[0].findings)
    failed = "\nFAILED  " in shown.stdout
    assert shown.returncode == (1 if failed else 0), shown.stderr
    assert failed or stolen or run.rounds_due() < ROUNDS_FOR_VERDICT
