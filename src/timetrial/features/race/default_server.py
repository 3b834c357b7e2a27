"""The one server that serves a project where one is wanted and none was named."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.catalog.registry import Catalog
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.model.workload import Interface
from timetrial.project.project import Project

_FIRST: tuple[Interface, ...] = ("wsgi", "asgi", "rsgi")
"""Of an app that speaks several, what comes first here."""


@dataclass(frozen=True, slots=True)
class DefaultServer:
    """A server, and why it is this one."""

    server: str
    why: str
    """A clause, to stand after 'because'."""


def default_server(catalog: Catalog, project: Project) -> DefaultServer:
    """Choose by the project's interface what the catalog calls usual, or the first that can serve.

    Raises BadInput where no server can.
    """
    able = eligible_servers(catalog, project).servers
    for interface in _FIRST:
        for server in able:
            if server.usual and server.interface == interface:
                kind = interface.upper()
                return DefaultServer(
                    server.name, f"it is the usual one for {kind} apps, which this is"
                )
    return DefaultServer(able[0].name, "it is the first of the catalog that can serve the app")
