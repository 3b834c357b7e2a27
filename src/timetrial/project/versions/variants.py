"""One user's app in several variants: other commits of it, other Pythons beneath it. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.model.errors import BadInput
from timetrial.model.suite import DraftSuite, Stack
from timetrial.project.project import Project
from timetrial.project.versions.matrix import replaced
from timetrial.project.versions.worktrees import Checkout

_MODULES = "PYTHONPATH"


@dataclass(frozen=True, slots=True)
class Variant:
    """The app as one of several that are measured side by side."""

    label: str
    """For the names of stacks; '' where there is only one."""
    project: Project
    """Its name is unique among the variants."""
    python: str | None = None
    """Where its Python is one of several: its interpreter."""


def on_pythons(projects: Sequence[Project]) -> tuple[Variant, ...]:
    """Call one app on several Pythons by these. Raises BadInput where two are the same."""
    if len(projects) == 1:
        return (Variant("", projects[0]),)
    versions = Counter(project.python_version for project in projects)
    variants = [
        Variant(
            label=_python_label(project, alone=versions[project.python_version] == 1),
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
    """Put each variant of an app that lies in `root` at each of these commits.

    `top` is the folder of its repository. The packages that it runs with are the same at all of
    them: those of its own environment as it is now.
    """
    return tuple(
        _named(
            Variant(
                ", ".join(filter(None, (variant.label, checkout.label))),
                _moved(variant.project, checkout, root, top),
                variant.python,
            )
        )
        for variant in variants
        for checkout in checkouts
    )


def across(suite: DraftSuite, variants: Sequence[Variant]) -> DraftSuite:
    """Put each stack in the place of itself with each variant of its app that it can serve."""
    if len(variants) == 1:
        return suite
    stacks = {
        stack.name: tuple(
            _with(stack, variant)
            for variant in variants
            if stack.interface in variant.project.targets
        )
        for stack in suite.stacks
    }
    return replaced(suite, stacks)


def _with(stack: Stack, variant: Variant) -> Stack:
    return replace(
        stack,
        name=f"{stack.name}, {variant.label}",
        app=variant.project.name,
        python=variant.python,
    )


def _python_label(project: Project, *, alone: bool) -> str:
    return project.python_version if alone else f"{project.python_version} ({project.python})"


def _named(variant: Variant) -> Variant:
    """Give the app a name of its own, without spaces and slashes: folders are called so."""
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
    """Find what lies in the repository there; all else stays where it is."""
    return checkout.top / path.relative_to(top) if path.is_relative_to(top) else path
