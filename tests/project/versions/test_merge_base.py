"""What a working tree is held against where no commit was named."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_worktrees import git

from timetrial.model.errors import BadInput
from timetrial.project.versions.merge_base import require_difference, usual_base
from timetrial.project.versions.worktrees import WORKING_TREE


def a_repository(folder: Path, branch: str) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", branch)
    (folder / "app.py").write_text("one", "utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    return folder


@pytest.mark.parametrize("branch", ["main", "master"])
def test_it_is_main_or_else_master(branch: str, tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", branch)
    git(repository, "checkout", "--quiet", "-b", "feature")
    assert usual_base(repository) == branch


def test_main_comes_before_master(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", "master")
    git(repository, "branch", "main")
    assert usual_base(repository) == "main"


@pytest.mark.parametrize(("branch", "base"), [("main", "origin/main"), ("trunk", "origin/HEAD")])
def test_a_checkout_without_branches_of_its_own_asks_origin(
    branch: str, base: str, tmp_path: Path
) -> None:
    origin = a_repository(tmp_path / "origin", branch)
    git(tmp_path, "clone", "--quiet", str(origin), "here")
    git(tmp_path / "here", "checkout", "--quiet", "--detach")
    git(tmp_path / "here", "branch", "--quiet", "-D", branch)
    assert usual_base(tmp_path / "here") == base


def test_a_changed_file_is_a_difference(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", "main")
    (repository / "app.py").write_text("two", "utf-8")
    require_difference(repository, "main", WORKING_TREE, [])


def test_a_file_that_git_does_not_know_is_a_difference(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", "main")
    (repository / "settings.py").write_text("two", "utf-8")
    require_difference(repository, "main", WORKING_TREE, [])


def test_what_timetrial_itself_has_written_is_none(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", "main")
    reports, store = repository / "re[ports]", repository / "timetrial.db"
    reports.mkdir()
    (reports / "run-1.html").write_text("", "utf-8")
    for file in (store, store.with_name("timetrial.db-wal")):
        file.write_text("", "utf-8")
    with pytest.raises(BadInput, match="without a change; --base-rev names another commit"):
        require_difference(repository, "main", WORKING_TREE, [reports, store])


def test_a_revision_that_is_missing_is_left_to_the_checkout(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "here", "main")
    require_difference(repository, "nowhere", WORKING_TREE, [])
