"""Two commits of a user's app, raced through the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from timetrial.analysis.recommendation import recommend
from timetrial.analysis.summarize import summarize
from timetrial.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))
from command_line import survivors, within

PROGRAM = Path(sys.executable).with_name("timetrial")
AT_MOST_S = 600.0
NOBODY = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")},
}  # fmt: skip
APP = """
def application(environ, start_response):
    body = {body!r}
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
SHORT = ("--servers", "waitress", "--budget", "1s", "--no-control")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - whichever git there is
        cwd=folder, env={**os.environ, **NOBODY}, check=True, capture_output=True,
        encoding="utf-8",
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with two commits of one app, whose answers differ."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for body in (b"one", b"two"):
        (folder / "shop.py").write_text(APP.format(body=body), "utf-8")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", body.decode())
    return folder


def race(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    elsewhere = ("--store", str(project.parent / "runs.db"), "--reports", str(project.parent))
    environment = {**os.environ, "TMPDIR": str(project.parent)}
    environment.pop("VIRTUAL_ENV", None)
    return subprocess.run(
        [PROGRAM, "race", "shop:application", *SHORT, *elsewhere, *options],
        cwd=project, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", timeout=AT_MOST_S, check=False,
    )  # fmt: skip


@pytest.mark.live
def test_two_commits_race_each_other_and_nothing_of_it_stays(project: Path) -> None:
    ended = race(project, "--rev", "HEAD~1", "--rev", "HEAD", "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    with Store.open(project.parent / "runs.db") as store:
        choice = recommend(summarize(store.load("latest")))
    assert choice is not None
    assert document["recommendation"]["kind"] == choice.kind
    run = document["summary"]["run"]
    short = [git(project, "rev-parse", name)[:10] for name in ("HEAD~1", "HEAD")]
    assert [stack["name"] for stack in run["plan"]["suite"]["stacks"]] == [
        f"waitress, HEAD~1 ({short[0]})",
        f"waitress, HEAD ({short[1]})",
    ]
    assert len({m["trial"]["cell"]["stack"] for m in run["measurements"]}) == 2
    # They answer differently, because they are different code.
    assert "'two'" in run["plan"]["suite"]["stacks"][1]["differs"]
    assert len(git(project, "worktree", "list").splitlines()) == 1
    assert git(project, "status", "--porcelain", "--untracked-files=no") == ""
    assert not list(project.parent.glob("timetrial-revisions-*"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--rev", "main"), "--rev main names one state alone"),
        (("--rev", "main", "--rev", "HEAD"), "are the same commit"),
        (("--rev", "main", "--rev", "no-such"), "has no such commit"),
        (("--versions", "waitress==3.0.1"), "one version of waitress alone"),
        (("--lifecycle-repeats", "3"), "give that, too"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(
    options: tuple[str, ...], complaint: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    ended = within("race", "shop:application", *SHORT, *options, folder=project)
    assert ended.returncode == 2, ended
    assert ended.stderr.splitlines()[-1].startswith("timetrial: ")
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr
    assert survivors(project) == []
    assert len(git(project, "worktree", "list").splitlines()) == 1


def test_an_app_that_is_imported_from_elsewhere_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    package = project.parent / "elsewhere" / "shared"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(APP.format(body=b"always"), "utf-8")
    (project / "shop.py").unlink()
    arguments = ("--env", f"PYTHONPATH={package.parent}", "--rev", "main", "--rev", ".")
    ended = within("race", "shared:application", *SHORT, *arguments, folder=project)
    assert ended.returncode == 2, ended
    assert "'shared' is imported from" in ended.stderr
