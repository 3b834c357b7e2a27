"""What a race is about: an app of a user's, and which servers did and did not take part."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExcludedServer:
    """A server that does not take part."""

    server: str
    why: str
    """As 'for ASGI apps (this one is WSGI)'."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a stack is run outside of a race, with the settings that were measured."""

    stack: str
    command: tuple[str, ...]
    packages: tuple[str, ...]
    """To be installed beside the app, as 'gunicorn[gevent]==27.0.1'."""
    needs: tuple[str, ...] = ()
    """What the command takes besides, a sentence each."""

    @property
    def command_line(self) -> str:
        """As it is typed into a shell."""
        return shlex.join(self.command)


@dataclass(frozen=True, slots=True)
class RaceInfo:
    """What reports of a race know beyond those of any other run."""

    app: str
    framework: str
    """With its version, as 'Django 5.2.8'; '' where it is none that is known."""
    folder: str
    """In which the servers start."""
    capacity: str
    """The benchmark that shows how much the stacks can do."""
    latency: tuple[str, ...] = ()
    """Benchmarks at shares of the smallest capacity, the smallest share first."""
    excluded_servers: tuple[ExcludedServer, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    notes: tuple[str, ...] = ()
    """What was decided without being asked for, and what was seen before measuring."""
