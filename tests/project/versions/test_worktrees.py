"""Commits are checked out beside each other, and nothing of them stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from timetrial.model.errors import BadInput
from timetrial.project.versions.worktrees import checked_out, is_unchanged, repository_of


def git(folder: Path, *arguments: str) -> str:
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        **{f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - whichever git there is
        cwd=folder, env=env, check=True, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with two commits: the app says 'one', then 'two'; now it says 'three'."""
    folder = tmp_path / "repository"
    app = folder / "web" / "app.py"
    app.parent.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for text in ("one", "two"):
        app.write_text(text, "utf-8")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", text)
    git(folder, "tag", "v1", "HEAD~1")
    app.write_text("three", "utf-8")
    return folder


def interrupted(repository: Path, folder: Path) -> None:
    with checked_out(repository, ["v1", "main"], folder) as found:
        (found[0].root / "made-by-the-app").write_text("", "utf-8")
        raise KeyboardInterrupt


def test_each_revision_has_a_folder_of_its_own(repository: Path, tmp_path: Path) -> None:
    with checked_out(repository / "web", ["v1", "HEAD", "."], tmp_path / "trees") as found:
        said = {each.revision: (each.root / "app.py").read_text("utf-8") for each in found}
        assert said == {"v1": "one", "HEAD": "two", ".": "three"}
        commit = git(repository, "rev-parse", "HEAD")
        assert [each.label for each in found] == [
            f"v1 ({git(repository, 'rev-parse', 'v1')[:10]})",
            f"HEAD ({commit[:10]})",
            "working tree",
        ]
        assert found[2].root == repository / "web"
    assert not list((tmp_path / "trees").glob("*"))


def test_nothing_of_it_stays_in_the_repository(repository: Path, tmp_path: Path) -> None:
    before = git(repository, "status", "--porcelain"), git(repository, "branch", "--all")
    with pytest.raises(KeyboardInterrupt):
        interrupted(repository, tmp_path / "trees")
    assert not list((tmp_path / "trees").glob("*"))
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert (git(repository, "status", "--porcelain"), git(repository, "branch", "--all")) == before


@pytest.mark.parametrize(
    ("revisions", "complaint"),
    [
        (["main"], "--rev main names one state alone"),
        (["main", "HEAD"], "--rev main and --rev HEAD are the same commit"),
        ([".", "."], "are the same working tree"),
        (["main", "v2"], "--rev v2: the repository .* has no such commit"),
        (["main", "--force"], "'--force' is no revision of git"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    revisions: list[str], complaint: str, repository: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=complaint), checked_out(repository, revisions, tmp_path):
        pass
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_commit_without_the_folder_is_refused(repository: Path, tmp_path: Path) -> None:
    (repository / "new").mkdir()
    with (
        pytest.raises(BadInput, match="--rev v1: there is no folder 'new' in that commit"),
        checked_out(repository / "new", ["v1", "."], tmp_path / "trees"),
    ):
        pass
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInput, match="lies in no repository of git"),
        checked_out(tmp_path, ["main", "."], tmp_path / "trees"),
    ):
        pass


def test_a_repository_that_git_refuses_is_refused_in_the_words_of_git(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".git" / "config").write_text("[core\n", "utf-8")
    with (
        pytest.raises(BadInput, match=r"git does not read the repository of .*: bad config line 1"),
        checked_out(repository, ["v1", "main"], tmp_path / "trees"),
    ):
        pass


def test_the_advice_of_git_about_an_owner_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_of_a_container = tmp_path / "bin" / "git"
    git_of_a_container.parent.mkdir()
    git_of_a_container.write_text(
        "#!/bin/sh\n"
        "cat >&2 <<'END'\n"
        "fatal: detected dubious ownership in repository at '/shop'\n"
        "To add an exception for this directory, call:\n\n"
        "\tgit config --global --add safe.directory /shop\n"
        "END\n"
        "exit 128\n",
        "utf-8",
    )
    git_of_a_container.chmod(0o755)
    monkeypatch.setenv("PATH", str(git_of_a_container.parent), prepend=os.pathsep)
    with pytest.raises(BadInput) as raised:
        repository_of(tmp_path)
    assert str(raised.value) == (
        f"git does not read the repository of {str(tmp_path)!r}: detected dubious ownership in "
        "repository at '/shop'. To add an exception for this directory, call: "
        "git config --global --add safe.directory /shop"
    )


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="there is no git on the PATH"):
        repository_of(tmp_path)


def test_settings_of_git_in_the_environment_hold(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "checkout", "--quiet", "--", ".")
    (repository / "notes.txt").write_text("", "utf-8")
    assert not is_unchanged(repository)
    (tmp_path / "ignored").write_text("notes.txt\n", "utf-8")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "ignored"))
    assert is_unchanged(repository)
