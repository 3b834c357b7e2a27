"""Versions of packages and of Python that a user names, and a suite with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from timetrial.catalog.registry import Catalog, Server
from timetrial.model import DraftSuite
from timetrial.project.versions.interpreters import find_interpreters
from timetrial.project.versions.matrix import Axes, Installed, side_by_side
from timetrial.project.versions.requirement import one_version_each, read_requirements
from timetrial.stacks.launch_builder import name_of, stack_locks, stack_packages
from timetrial.stacks.pins import normalised, read_locks


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """The versions that a user names."""

    axes: Axes
    python: Path | None
    """The interpreter of all stacks, if one is named."""

    def of(self, suite: DraftSuite, catalog: Catalog, behind: Iterable[str] = ()) -> DraftSuite:
        """Expand a suite; `behind` are packages of the app's own environment."""
        if self.axes == Axes():
            return suite
        return side_by_side(suite, self.axes, what_is_installed(suite, catalog, behind))


def read_versions(
    instead: Sequence[str], versions: Sequence[str], pythons: Sequence[str]
) -> Versions:
    """Read --with, --versions and --python. Raises BadInput for an unusable value."""
    found = find_interpreters(pythons)
    several = found if len(found) > 1 else ()
    return Versions(
        Axes(one_version_each(read_requirements(instead)), read_requirements(versions), several),
        found[0].path if len(found) == 1 else None,
    )


def what_is_installed(suite: DraftSuite, catalog: Catalog, behind: Iterable[str] = ()) -> Installed:
    """Read the packages of all stacks from manifests and locks, before any is installed.

    `behind` are packages of the app's own environment.
    """
    named: dict[str, frozenset[str]] = {}
    of_server: dict[str, str] = {}
    known = {name_of(package) for package in behind}
    for stack in suite.stacks:
        server, app = catalog.serving(stack), catalog.app(stack.app)
        names = frozenset(map(name_of, stack_packages(server, app)))
        named[stack.name] = names
        of_server[stack.name] = _server_package(server, names)
        known |= names | {pin.name for pin in read_locks(stack_locks(server, app, catalog))}
    return Installed(named, of_server, frozenset(known))


def _server_package(server: Server, names: Collection[str]) -> str:
    """Return the package that a server is named after; '' if there is none."""
    if server.version_of is not None:
        return normalised(server.version_of)
    parts = normalised(server.name).split("-")
    prefixes = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in names), "")
