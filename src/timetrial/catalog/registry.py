"""The catalog: servers, apps and suites by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from timetrial.catalog.schema import ServerDescription
from timetrial.catalog.service_schema import ServiceManifest
from timetrial.catalog.suite_schema import SuiteManifest
from timetrial.model import Interface, Stack, UnknownName, Workload

_T = TypeVar("_T")


class Server(ServerDescription):
    """A server's description, with its folder and lock files."""

    folder: Path
    """Folder of its manifest."""
    locks: tuple[Path, ...] = ()
    """Pinned requirements of its own, which come before the app's and the catalog's."""


class BackingService(ServiceManifest):
    """A service's manifest, with its folder."""

    folder: Path


START_TIMEOUT_S = 30.0
"""How long a server may take until it answers."""


@dataclass(frozen=True, slots=True)
class App:
    """A web application."""

    name: str
    title: str
    folder: Path
    packages: tuple[str, ...]
    interfaces: Mapping[Interface, str]
    """`module:attribute` by interface; its own name for the interface 'program'."""
    env: Mapping[str, str]
    """With the placeholder {data}, and those of services."""
    setup: tuple[tuple[str, ...], ...]
    """Commands with these placeholders and {python}, run once in `folder`."""
    workloads: Mapping[str, Workload]
    program: Server | None = None
    """The app as a server."""
    locks: tuple[Path, ...] = ()
    """Pinned requirements of its own, which come before the catalog's."""
    services: tuple[str, ...] = ()
    """Services that it always talks to."""
    start_timeout_s: float = START_TIMEOUT_S
    """How long a server may take until it answers."""

    def workload(self, name: str) -> Workload:
        return _find("workload", name, self.workloads)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All available servers, apps, suites and services."""

    servers: Mapping[str, Server]
    apps: Mapping[str, App]
    suites: Mapping[str, SuiteManifest]
    locks: tuple[Path, ...]
    """Pinned requirements; the pins of earlier files take precedence."""
    services: Mapping[str, BackingService] = field(default_factory=dict)
    service_locks: tuple[Path, ...] = ()
    """Likewise, for the packages of services."""

    def server(self, name: str) -> Server:
        """Look up a server, or an app that serves itself."""
        programs = {app.name: app.program for app in self.apps.values() if app.program is not None}
        if name in programs:
            return programs[name]
        return _find("server", name, self.servers)

    def serving(self, stack: Stack) -> Server:
        """Look up a stack's server, with the protocols that it has to speak switched on."""
        return self.server(stack.server).speaking(stack.protocols)

    def app(self, name: str) -> App:
        return _find("app", name, self.apps)

    def service(self, name: str) -> BackingService:
        return _find("service", name, self.services)

    def suite(self, name: str) -> SuiteManifest:
        return _find("suite", name, self.suites)


def _find(kind: str, name: str, known: Mapping[str, _T]) -> _T:
    try:
        return known[name]
    except KeyError:
        raise UnknownName(kind, name, known) from None
