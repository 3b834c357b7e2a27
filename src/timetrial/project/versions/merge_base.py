"""The commit that an app is compared with if none is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from timetrial.model import BadInput
from timetrial.project.versions.worktrees import (
    SHORT,
    WORKING_TREE,
    commit_named,
    is_unchanged,
    repository_of,
)

USUAL = ("main", "origin/main", "master", "origin/master", "origin/HEAD")
"""Branches that changes are merged into; the first that exists counts. A checkout in CI may have no
local ones."""


def usual_base(root: Path) -> str:
    """Return the branch that a folder's repository merges into. Raises BadInput if none exists."""
    top = repository_of(root)
    if top is None:
        raise BadInput(
            f"{str(root)!r} lies in no repository of git, so that there is no commit to compare "
            "with: --baseline names a stored run, --old and --new two stacks of one"
        )
    found = next((branch for branch in USUAL if commit_named(top, branch)), None)
    if found is None:
        raise BadInput(
            f"the repository {str(top)!r} has neither main nor master nor origin/HEAD: --base-rev "
            "names the commit to compare with, --baseline a stored run"
        )
    return found


def require_difference(root: Path, base: str, head: str, written: Sequence[Path]) -> None:
    """Raise BadInput if base and head are the same state of the code.

    `written` are files and folders that Timetrial writes: they are no change of the working tree.
    A revision that does not exist is not checked here.
    """
    top = repository_of(root)
    if top is None:
        return
    old = commit_named(top, base)
    new = commit_named(top, "HEAD" if head == WORKING_TREE else head)
    if not old or old != new:
        return
    other = "--base-rev names another commit, as HEAD~1"
    if head != WORKING_TREE:
        both = f"{base} and {head} are the same commit ({old[:SHORT]})"
        raise BadInput(f"there is nothing to compare, because {both}; {other}")
    if is_unchanged(top, written):
        raise BadInput(
            f"there is nothing to compare, because the working tree is {base} ({old[:SHORT]}) "
            f"without a change; {other}"
        )
