"""What is known of a user's own app before any server is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from timetrial.catalog.registry import App
from timetrial.model.workload import Interface, Workload


@dataclass(frozen=True, slots=True)
class Project:
    """An app of a user's, the folder that it is imported from, and the Python that it runs on."""

    name: str
    """For tables and for the store: the folder's name, or the module's."""
    root: Path
    """That imports start from, and in which servers start."""
    targets: Mapping[Interface, str]
    """`module:attribute` of something that can be called, by the interface that it speaks."""
    python: Path
    """The interpreter of its own environment."""
    python_version: str
    """Implementation and version, as 'CPython 3.11.7'."""
    site_folders: tuple[Path, ...] = ()
    """Where its own packages lie, in the order in which they are looked up."""
    installed: tuple[str, ...] = ()
    """Its own packages, as 'name==version', ordered."""
    framework: str = ""
    """With its version, as 'Django 5.2.8'; '' where it is none that is known."""
    factory: str = ""
    """`module:attribute` of what makes the app, where the user named that; the targets then lead
    to a module that was made for servers that know no factories."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for servers and setup commands; services appear as {postgres_url}."""
    setup: tuple[tuple[str, ...], ...] = ()
    """Commands that run once before anything is measured."""
    services: tuple[str, ...] = ()
    """That the app talks to, by their names in the catalog."""
    notes: tuple[str, ...] = ()
    """What was decided without being asked for, a sentence each."""

    def app(self, workload: Workload) -> App:
        """Make it an app that suites can name, with this one workload."""
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
        )
