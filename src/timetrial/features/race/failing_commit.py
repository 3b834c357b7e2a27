"""A commit that fails where another one answers: nothing can be compared with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.model import AppFailed, Stack, StackFailed, listed

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class RacedCommit:
    """An app as it is at one commit, or in the working tree."""

    app: str
    """Its name in the catalog."""
    label: str
    """As 'main (1f3a5b7c9d)'."""
    is_checkout: bool
    """Whether files that git does not track are missing."""


def require_answers(
    commits: Sequence[RacedCommit],
    untracked: Sequence[str],
    stacks: Sequence[Stack],
    failed: Mapping[str, StackFailed],
) -> None:
    """Raise AppFailed if a commit fails where the working tree, or a later commit, answers.

    The last commit may fail: that is what a comparison is to show. `untracked` are files of the
    working tree.
    """
    order = {commit.app: place for place, commit in enumerate(commits)}
    for stack in stacks:
        commit = commits[order[stack.app]] if stack.app in order else None
        if commit is None or not commit.is_checkout or stack.name not in failed:
            continue
        answering = (
            commits[order[other.app]]
            for other in stacks
            if other.server == stack.server and other.app in order and other.name not in failed
        )
        better = next(
            (c for c in answering if not c.is_checkout or order[c.app] > order[stack.app]), None
        )
        if better is not None:
            reason = failed[stack.name].reason.rstrip(".")
            raise AppFailed(
                f"{commit.label} cannot be compared with {better.label}: it fails, {reason}"
                f"{_missing(untracked)}",
                failed[stack.name].log_tail,
            )


def _missing(untracked: Sequence[str]) -> str:
    if not untracked:
        return ""
    names = listed(untracked[:_MOST_NAMED])
    return (
        f"; files that git does not track are missing there (as {names}): make them by --setup, "
        "which runs in each checkout, as --setup 'python manage.py migrate'"
    )
