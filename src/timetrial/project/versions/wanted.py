"""Versions of packages and of Python that were asked for, and a suite with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.model.suite import DraftSuite
from timetrial.project.versions.installed import what_is_installed
from timetrial.project.versions.interpreters import Interpreter, find_interpreters
from timetrial.project.versions.matrix import Axes, side_by_side
from timetrial.project.versions.requirement import one_version_each, read_requirements


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """What was asked for."""

    axes: Axes
    python: Path | None
    """The interpreter of all stacks, where one was named."""

    def of(self, suite: DraftSuite, catalog: Catalog, behind: Iterable[str] = ()) -> DraftSuite:
        """Expand a suite; `behind` are packages that its app brings along."""
        if self.axes == Axes():
            return suite
        return side_by_side(suite, self.axes, what_is_installed(suite, catalog, behind))


def read_versions(
    instead: Sequence[str], versions: Sequence[str], pythons: Sequence[str]
) -> Versions:
    """Raise BadInput for what is no version, and for an interpreter that is not there."""
    found: tuple[Interpreter, ...] = find_interpreters(pythons)
    several = found if len(found) > 1 else ()
    return Versions(
        Axes(one_version_each(read_requirements(instead)), read_requirements(versions), several),
        found[0].path if len(found) == 1 else None,
    )
