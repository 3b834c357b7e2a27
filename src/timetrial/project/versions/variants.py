"""One app in several variants: other commits of it, or other Pythons. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.model import BadInput, DraftSuite
from timetrial.project.project import Project
from timetrial.project.versions.matrix import replaced
from timetrial.project.versions.worktrees import Checkout

_MODULES = "PYTHONPATH"


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several versions of an app that are measured side by side."""

    label: str
    """For the names of stacks; '' if there is only one variant."""
    project: Project
    """Its name is unique among the variants."""
    python: str | None = None
    """Its interpreter, if there are several; otherwise None."""
    is_checkout: bool = False
    """Whether it is a commit that was checked out: files that git does not track are missing."""


def on_pythons(projects: Sequence[Project]) -> tuple[Variant, ...]:
    """Label one app on several Pythons. Raises BadInput if two are the same."""
    if len(projects) == 1:
        return (Variant("", projects[0]),)
    versions = Counter(project.python_version for project in projects)
    variants = [
        Variant(
            label=(
                project.python_version
                if versions[project.python_version] == 1
                else f"{project.python_version} ({project.python})"
            ),
            project=project,
            python=str(project.python),
        )
        for project in projects
    ]
    for variant in variants:
        if sum(other.python == variant.python for other in variants) > 1:
            raise BadInput(f"--python names {variant.python} twice")
    return tuple(_named(variant) for variant in variants)


def at_checkouts(
    variants: Sequence[Variant], checkouts: Sequence[Checkout], root: Path, top: Path
) -> tuple[Variant, ...]:
    """Combine each variant of an app with each of these commits.

    `root` is the app's folder, `top` that of its repository. All commits run with the packages of
    the app's present environment.
    """
    return tuple(
        _named(
            Variant(
                ", ".join(filter(None, (variant.label, checkout.label))),
                _moved(variant.project, checkout, root, top),
                variant.python,
                is_checkout=bool(checkout.commit),
            )
        )
        for variant in variants
        for checkout in checkouts
    )


def across(suite: DraftSuite, variants: Sequence[Variant]) -> DraftSuite:
    """Replace each stack by one for each variant of its app that it can serve."""
    if len(variants) == 1:
        return suite
    stacks = {
        stack.name: tuple(
            replace(
                stack,
                name=f"{stack.name}, {variant.label}",
                app=variant.project.name,
                python=variant.python,
            )
            for variant in variants
            if stack.interface in variant.project.targets
        )
        for stack in suite.stacks
    }
    return replaced(suite, stacks)


def _named(variant: Variant) -> Variant:
    """Give the app a unique name without spaces and slashes, because folders get that name."""
    word = "".join(char if char.isalnum() or char in "._-" else "-" for char in variant.label)
    base = variant.project.name.partition("@")[0]
    return replace(variant, project=replace(variant.project, name=f"{base}@{word.strip('-')}"))


def _moved(project: Project, checkout: Checkout, root: Path, top: Path) -> Project:
    env = dict(project.env)
    if _MODULES in env:
        folders = env[_MODULES].split(os.pathsep)
        env[_MODULES] = os.pathsep.join(str(_there(Path(f), checkout, top)) for f in folders)
    return replace(project, root=_there(root, checkout, top), env=env)


def _there(path: Path, checkout: Checkout, top: Path) -> Path:
    """Return the path in the checkout; paths outside the repository are unchanged."""
    return checkout.top / path.relative_to(top) if path.is_relative_to(top) else path
