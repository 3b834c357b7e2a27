"""A commit that fails where what it is compared with answers ends the race at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.features.race.failing_commit import RacedCommit, require_answers
from timetrial.model import AppFailed, Stack, StackFailed
from timetrial.project.versions.worktrees import untracked_in
from timetrial.stacks.command import run_command

BASE, HEAD, TREE = (
    RacedCommit("shop@main", "main (1f3a5b7c9d)", is_checkout=True),
    RacedCommit("shop@next", "next (2f3a5b7c9d)", is_checkout=True),
    RacedCommit("shop@tree", "working tree", is_checkout=False),
)
FAILS = StackFailed("answer", "GET / answered status 500: no such table.", "Traceback")


@pytest.mark.parametrize(
    ("commits", "fails", "stops"),
    [
        ((BASE, TREE), [BASE], True),
        ((TREE, BASE), [BASE], True),
        ((BASE, HEAD), [BASE], True),
        # What is to be judged may fail, and where all fail there is another sentence.
        ((BASE, HEAD), [HEAD], False),
        ((BASE, TREE), [TREE], False),
        ((BASE, TREE), [BASE, TREE], False),
        ((), [], False),
    ],
)
def test_a_base_that_fails_ends_the_race(
    commits: tuple[RacedCommit, ...], fails: list[RacedCommit], *, stops: bool
) -> None:
    stacks = [Stack(commit.label, "waitress", commit.app, "wsgi", 1, 1) for commit in commits]
    failed = {commit.label: FAILS for commit in fails}
    if not stops:
        require_answers(commits, ["app.db"], stacks, failed)
        return
    with pytest.raises(AppFailed, match="it fails, GET / answered status 500: no such table;") as e:
        require_answers(commits, ["app.db", "media/"], stacks, failed)
    assert "missing there (as app.db and media/): make them by --setup" in str(e.value)
    assert e.value.detail == "Traceback"


def test_files_that_git_does_not_track_are_listed_without_what_tools_make(tmp_path: Path) -> None:
    made = ("app.db", "media/a.png", "__pycache__/a.pyc", "env/pyvenv.cfg", ".cache/a", "main.py")
    for name in made:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("*.db\n", encoding="utf-8")
    for words in (
        ["init", "-q"],
        ["add", "main.py", ".gitignore"],
    ):
        assert run_command(["git", *words], env={}, cwd=tmp_path, timeout_s=60).ok
    assert untracked_in(tmp_path) == ("app.db", "media/")
