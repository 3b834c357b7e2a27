"""Commits of a user's repository, checked out side by side, and removed afterwards."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput
from timetrial.stacks.command import CommandResult, run_command

GIT_TIMEOUT_S = 300.0
WORKING_TREE = "."
"""The revision that stands for the files as they are now, committed or not."""
SHORT = 10
"""Digits of a hash that are shown."""
_NO_REPOSITORY = "not a git repository (or any "
"""What git says of a folder without a repository; of one that is damaged it says something else."""
_MADE = {"__pycache__", "node_modules", "build", "dist", "timetrial.db", "timetrial-reports"}
"""Files and folders that tools make, Timetrial included."""
_SEVERITY = re.compile(r"^(?:fatal|error|warning): ")


@dataclass(frozen=True, slots=True)
class Checkout:
    """One state of the user's code."""

    revision: str
    """As the user named it."""
    commit: str
    """The whole hash; '' for the working tree."""
    root: Path
    """The app's folder in this checkout."""
    top: Path
    """The folder of the whole repository in this checkout."""

    @property
    def label(self) -> str:
        """For the names of stacks, as 'main (1f3a5b7c9d)'."""
        if not self.commit:
            return "working tree"
        short = self.commit[:SHORT]
        return short if self.commit.startswith(self.revision) else f"{self.revision} ({short})"


@contextmanager
def checked_out(root: Path, revisions: Sequence[str], folder: Path) -> Iterator[list[Checkout]]:
    """Check out revisions of the repository that contains `root`, below `folder`.

    '.' is the working tree itself. All other checkouts are removed at the end. Raises BadInput if
    there is no git or no repository, for a revision that does not exist or lacks the folder, and
    for two revisions of the same commit.
    """
    root = root.resolve()
    top = top_of(root)
    commits = {revision: _commit(top, revision) for revision in revisions}
    _check_distinct(revisions, commits)
    trees = {commit: folder / commit[:SHORT] for commit in commits.values() if commit}
    try:
        for commit, tree in trees.items():
            _require(
                _git(top, "worktree", "add", "--detach", "--force", str(tree), commit),
                f"commit {commit[:SHORT]} could not be checked out",
            )
        yield [
            _checkout(revision, commit, root, top, trees) for revision, commit in commits.items()
        ]
    finally:
        for tree in trees.values():
            _git(top, "worktree", "remove", "--force", "--force", str(tree))
        # git forgets a worktree that could not be removed once its folder is deleted.
        _git(top, "worktree", "prune")


def _checkout(
    revision: str, commit: str, root: Path, top: Path, trees: dict[str, Path]
) -> Checkout:
    if not commit:
        return Checkout(revision, "", root, top)
    below = root.relative_to(top)
    if not (trees[commit] / below).is_dir():
        raise BadInput(f"--rev {revision}: there is no folder {str(below)!r} in that commit")
    return Checkout(revision, commit, trees[commit] / below, trees[commit])


def top_of(root: Path) -> Path:
    """Return the folder of the repository. Raises BadInput if there is none."""
    top = repository_of(root)
    if top is None:
        raise BadInput(f"--rev names commits, but {str(root)!r} lies in no repository of git")
    return top


def repository_of(folder: Path) -> Path | None:
    """Return the top folder of the repository that contains `folder`; None if there is none.

    Raises BadInput, which quotes git, if there is no git, or if git refuses the repository.
    """
    outcome = _git(folder, "rev-parse", "--show-toplevel")
    if outcome.ok:
        return Path(outcome.output.rstrip("\n")).resolve()
    if _NO_REPOSITORY in outcome.log:
        return None
    raise BadInput(f"git does not read the repository of {str(folder)!r}: {_quoted(outcome)}")


def commit_named(top: Path, revision: str) -> str:
    """Return the whole hash; '' if the repository has no such commit."""
    if not revision or revision.startswith("-"):
        return ""
    outcome = _git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return outcome.output.strip() if outcome.ok else ""


def is_unchanged(top: Path, but_for: Sequence[Path] = ()) -> bool:
    """Whether the working tree equals HEAD, without changes and untracked files.

    `but_for` are files and folders that are ignored, with all whose names begin like theirs.
    """
    below = [path.resolve() for path in but_for if path.resolve().is_relative_to(top)]
    ignored = [
        f":(exclude,top,glob){_escaped(path.relative_to(top))}{ending}"
        for path in below
        for ending in ("*", "/**")
    ]
    outcome = _git(
        top, "--no-optional-locks", "status", "--porcelain", "--untracked-files=all", "--", ".",
        *ignored,
    )  # fmt: skip
    return outcome.ok and not outcome.output.strip()


def untracked_in(root: Path) -> tuple[str, ...]:
    """List files and folders below `root` that git does not track, ignored ones included.

    Environments, caches and hidden files are left out. Raises BadInput if there is no git.
    """
    outcome = _git(root, "ls-files", "-z", "--others", "--directory", "--no-empty-directory")
    names = outcome.output.split("\0") if outcome.ok else []
    return tuple(
        name
        for name in names
        if name
        and not any(part.startswith(".") or part in _MADE for part in Path(name).parts)
        and not (root / name / "pyvenv.cfg").is_file()
    )


def _escaped(path: Path) -> str:
    """Escape the wildcards of a path."""
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in path.as_posix())


def _commit(top: Path, revision: str) -> str:
    if revision == WORKING_TREE:
        return ""
    if not revision or revision.startswith("-"):
        raise BadInput(f"--rev {revision!r} is no revision of git, as main, HEAD~2 or v1.0")
    if not (found := commit_named(top, revision)):
        raise BadInput(f"--rev {revision}: the repository {str(top)!r} has no such commit")
    return found


def _check_distinct(revisions: Sequence[str], commits: dict[str, str]) -> None:
    if len(revisions) == 1:
        raise BadInput(
            f"--rev {revisions[0]} names one state alone; name another one to compare it with, as "
            "--rev . for the working tree"
        )
    named: dict[str, str] = {}
    for revision in revisions:
        other = named.setdefault(commits[revision], revision)
        if other != revision or list(revisions).count(revision) > 1:
            what = f"commit {commits[revision][:SHORT]}" if commits[revision] else "working tree"
            both = f"--rev {other} and --rev {revision}"
            raise BadInput(f"{both} are the same {what}: there is nothing to compare")


def _require(outcome: CommandResult, what: str) -> None:
    if not outcome.ok:
        last_line = outcome.tail.rstrip().rpartition("\n")[2]
        raise BadInput(f"{what}: {last_line or outcome.ending()}")


def _quoted(outcome: CommandResult) -> str:
    """Return git's own error message, with its advice, on one line."""
    lines = (_SEVERITY.sub("", line.strip()) for line in outcome.log.splitlines())
    quoted = ""
    for line in filter(None, lines):
        separator = "" if not quoted else " " if quoted.endswith((".", ":", ",")) else ". "
        quoted += separator + line
    return quoted or f"it {outcome.ending()}"


def _git(folder: Path, *arguments: str) -> CommandResult:
    """Run git in its own session, so that Ctrl-C does not interrupt it.

    Raises BadInput if there is none.
    """
    if shutil.which("git") is None:
        raise BadInput("commits are read by git, and there is no git on the PATH; install it")
    # A hook that runs Timetrial names its own repository. Settings such as safe.directory are kept.
    env = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    # The user's hooks must not run for these checkouts.
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    return run_command(
        command,
        env={**env, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        cwd=folder,
        timeout_s=GIT_TIMEOUT_S,
    )
