"""A user's own app, before any server is chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from timetrial.catalog.registry import START_TIMEOUT_S, App
from timetrial.model import Interface, Workload


@dataclass(frozen=True, slots=True)
class Project:
    """A user's app, the folder that it is imported from, and the Python that it runs on."""

    name: str
    """The name of its module or folder, for tables and for the store."""
    root: Path
    """The folder that imports start from and servers start in."""
    targets: Mapping[Interface, str]
    """`module:attribute` of the app, by interface."""
    python: Path
    """The interpreter of its own environment."""
    python_version: str
    """Implementation and version, as 'CPython 3.11.7'."""
    site_folders: tuple[Path, ...] = ()
    """Folders of its packages, in the order of sys.path."""
    installed: tuple[str, ...] = ()
    """Its packages as 'name==version', ordered."""
    framework: str = ""
    """Name and version, as 'Django 5.2.8'; '' for an unknown one."""
    factory: str = ""
    """`module:attribute` of the app factory, if the user named one; the targets then name a module
    that calls it, because servers cannot."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for servers and setup commands; services appear as {postgres_url}."""
    setup: tuple[tuple[str, ...], ...] = ()
    """Commands that run once before measuring."""
    services: tuple[str, ...] = ()
    """Services of the catalog, by name, that the app uses."""
    start_timeout_s: float = START_TIMEOUT_S
    """How long a server may take until it answers."""
    host: str = ""
    """The first host that its settings allow; '' where they name none."""
    notes: tuple[str, ...] = ()
    """What was decided without an option, a sentence each."""

    def app(self, workload: Workload) -> App:
        """Return it as an app of a catalog, with this one workload."""
        return App(
            name=self.name,
            title=f"{self.name} ({self.framework})" if self.framework else self.name,
            folder=self.root,
            packages=(),
            interfaces=self.targets,
            env=self.env,
            setup=self.setup,
            workloads={workload.name: workload},
            services=self.services,
            start_timeout_s=self.start_timeout_s,
        )
