"""The subject of a race: a user's app, and which servers did and did not take part."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExcludedServer:
    """A server that does not take part."""

    server: str
    why: str
    """For example 'for ASGI apps (this one is WSGI)'."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a stack is run outside of a race, with the settings that were measured."""

    stack: str
    command: tuple[str, ...]
    packages: tuple[str, ...]
    """To be installed beside the app, for example 'gunicorn[gevent]==27.0.1'."""
    needs: tuple[str, ...] = ()
    """Other requirements of the command, a sentence each."""
    unfit: str = ""
    """Why the server is not fit for production, as a clause; '' if it is."""

    @property
    def command_line(self) -> str:
        """The command as it is typed into a shell."""
        return shlex.join(self.command)


@dataclass(frozen=True, slots=True)
class RaceInfo:
    """What reports of a race show beyond those of other runs."""

    app: str
    framework: str
    """With its version, for example 'Django 5.2.8'; '' for an unknown framework."""
    folder: str
    """Folder in which the servers start."""
    capacity: str
    """The benchmark that measures the stacks' capacities."""
    latency: tuple[str, ...] = ()
    """Benchmarks at shares of the smallest capacity, the smallest share first."""
    excluded_servers: tuple[ExcludedServer, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    drops_slower: bool = False
    """Whether servers that are clearly behind leave before the end."""
    recommends_any: bool = False
    """Whether servers that are not fit for production are recommended, too."""
    notes: tuple[str, ...] = ()
    """Automatic decisions, and observations before measuring."""

    def unfit(self) -> Mapping[str, str]:
        """Return why stacks are not recommended, by their names."""
        if self.recommends_any:
            return {}
        return {each.stack: each.unfit for each in self.deployments if each.unfit}
