"""Which packages the stacks of a suite name, and which there are, before any is installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from timetrial.catalog.registry import Catalog, Server
from timetrial.model.suite import DraftSuite
from timetrial.project.versions.matrix import Installed
from timetrial.stacks.launch_builder import name_of, stack_locks, stack_packages
from timetrial.stacks.pins import normalised, read_locks


def what_is_installed(suite: DraftSuite, catalog: Catalog, behind: Iterable[str] = ()) -> Installed:
    """Read it off the manifests and their locks; `behind` are packages that an app brings along."""
    named: dict[str, frozenset[str]] = {}
    own: dict[str, str] = {}
    known = {name_of(package) for package in behind}
    for stack in suite.stacks:
        server, app = catalog.server(stack.server), catalog.app(stack.app)
        names = frozenset(map(name_of, stack_packages(server, app)))
        named[stack.name] = names
        own[stack.name] = _own(server, names)
        known |= names | {pin.name for pin in read_locks(stack_locks(server, app, catalog))}
    return Installed(named, own, frozenset(known))


def _own(server: Server, names: Collection[str]) -> str:
    """Find the package that a server is named after; '' where there is none."""
    if server.version_of is not None:
        return normalised(server.version_of)
    parts = normalised(server.name).split("-")
    prefixes = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in names), "")
