"""Which servers of the catalog can serve a project, why others cannot, and which is the default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.catalog.registry import Catalog, Server
from timetrial.model import BadInput, ExcludedServer, Interface, Protocol, UnknownName
from timetrial.project.project import Project

EVERY_ONE = "all"
"""In place of names: all that can take part, including other settings of the same server."""
_VERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class EligibleServers:
    """Servers in the order of their names."""

    servers: tuple[Server, ...]
    excluded_servers: tuple[ExcludedServer, ...]


def eligible_servers(
    catalog: Catalog,
    project: Project,
    requested: str | None = None,
    option: str = "--servers",
    speaking: Protocol | None = None,
) -> EligibleServers:
    """Choose from the catalog: the `requested` ones ('a,b', or 'all'), or one of each server.

    All have to speak a protocol, if one is given. Raises UnknownName for a name that is no
    server's, and BadInput where none of the servers can serve the project.
    """
    if requested is not None and requested.strip() != EVERY_ONE:
        hindrances = {
            name: _hindrance(catalog.servers[name], project, speaking)
            for name in _names(requested, catalog)
        }
        return _named(catalog, hindrances, option)
    servers: list[Server] = []
    excluded_servers: list[ExcludedServer] = []
    for name, server in sorted(catalog.servers.items()):
        aside = None if requested else _standing_aside(server)
        why = _hindrance(server, project, speaking) or aside
        if why is None:
            servers.append(server)
        else:
            excluded_servers.append(ExcludedServer(name, why))
    if not servers:
        what = f" that speaks {_SPOKEN[speaking]}" if speaking else ""
        kinds = _interfaces(project)
        raise BadInput(f"the catalog has no server{what} for {project.name!r} ({kinds})")
    return EligibleServers(tuple(servers), tuple(excluded_servers))


def _names(requested: str, catalog: Catalog) -> list[str]:
    names = list(dict.fromkeys(part.strip() for part in requested.split(",") if part.strip()))
    for name in names:
        if name not in catalog.servers:
            raise UnknownName("server", name, [*catalog.servers, EVERY_ONE])
    if not names:
        raise BadInput("--servers names none; `timetrial list servers` shows what there is")
    return names


def _named(catalog: Catalog, hindrances: Mapping[str, str | None], option: str) -> EligibleServers:
    excluded_servers = tuple(
        ExcludedServer(name, why) for name, why in hindrances.items() if why is not None
    )
    if len(excluded_servers) == len(hindrances):
        reasons = (f"{excluded.server!r} is {excluded.why}" for excluded in excluded_servers)
        raise BadInput(f"{option}: {'; '.join(reasons)}")
    servers = tuple(catalog.servers[name] for name, why in hindrances.items() if why is None)
    return EligibleServers(servers, excluded_servers)


_SPOKEN: Mapping[Protocol, str] = {
    "websocket": "WebSockets",
    "http2": "HTTP/2",
    "h2c": "HTTP/2 without TLS",
    "streaming": "streams",
    "tls": "TLS",
    "unix_socket": "Unix sockets",
}


def _hindrance(server: Server, project: Project, speaking: Protocol | None) -> str | None:
    """Say what keeps a server from serving the project; None where nothing is known to."""
    if server.interface not in project.targets:
        this = "has no __rsgi__" if server.interface == "rsgi" else f"is {_interfaces(project)}"
        return f"for {server.interface.upper()} apps (this one {this})"
    version = _VERSION.search(project.python_version)
    if server.python and version is not None and version[0] not in server.python:
        return f"for Python {' or '.join(server.python)} (this is {project.python_version})"
    if speaking is not None and (silent := server.silent_on(speaking)):
        return f"without {_SPOKEN[speaking]}: it {silent}"
    return next(
        (f"known to be broken: it {b.reason}" for b in server.broken if b.when == "always"), None
    )


def _standing_aside(server: Server) -> str | None:
    if server.variant_of is not None:
        return f"another setting of {server.variant_of}"
    return f"left aside, because {server.aside}" if server.aside else None


def _interfaces(project: Project) -> str:
    return " and ".join(sorted(interface.upper() for interface in project.targets))


_FIRST: tuple[Interface, ...] = ("wsgi", "asgi", "rsgi")
"""The order of preference for an app that has several."""


@dataclass(frozen=True, slots=True)
class DefaultServer:
    """A server, and why it is the default."""

    server: str
    why: str
    """A clause, to stand after 'because'."""


def default_server(catalog: Catalog, project: Project) -> DefaultServer:
    """Choose the usual server for the project's interface, or the first that can serve the project.

    Raises BadInput where no server can serve it.
    """
    servers = eligible_servers(catalog, project).servers
    for interface in _FIRST:
        for server in servers:
            if server.usual and server.interface == interface:
                kind = interface.upper()
                return DefaultServer(
                    server.name, f"it is the usual one for {kind} apps, which this is"
                )
    return DefaultServer(servers[0].name, "it is the first of the catalog that can serve the app")
