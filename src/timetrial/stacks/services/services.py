"""All services of one run, and the templates of apps that use them."""

from __future__ import annotations

import dataclasses
import string
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from timetrial.catalog.registry import App, Catalog
from timetrial.catalog.schema import SERVICE_VALUES
from timetrial.model import Observer, Service, ServiceReady, ServiceStarting, ServiceUse
from timetrial.stacks.environment import Environments
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.external import connected
from timetrial.stacks.services.running import Reading, RunningService
from timetrial.stacks.services.start import started


@contextmanager
def running_services(  # noqa: PLR0913 - all inputs of a start
    wanted: Sequence[Service],
    catalog: Catalog,
    environments: Environments,
    *,
    work_dir: Path,
    cpus: tuple[int, ...],
    external: Mapping[str, Access],
    observer: Observer,
) -> Iterator[Services]:
    """Start a fresh instance of each service, or check the external one that replaces it.

    Raises ServiceFailed for a service that does not start, after all others were stopped, and
    BadInput for an external one that does not respond.
    """
    with ExitStack() as stack:
        running: list[RunningService] = []
        for service in wanted:
            observer(ServiceStarting(service.name))
            began_s = time.monotonic()
            if service.name in external:
                speaks = catalog.service(service.name).speaks
                context = connected(service.name, speaks, external[service.name])
            else:
                context = started(service, catalog, environments, work_dir, cpus)
            running.append(stack.enter_context(context))
            took_s = time.monotonic() - began_s
            observer(ServiceReady(service.name, running[-1].version, took_s))
        yield Services(running)


class Services:
    """The services of a run."""

    def __init__(self, running: Sequence[RunningService] = ()) -> None:
        self._running = tuple(running)

    def fill_in(self, catalog: Catalog) -> Catalog:
        """Replace the placeholders of these services in the catalog's apps."""
        values = {
            name: text for service in self._running for name, text in service.values().items()
        }
        apps = {name: filled(app, values) for name, app in catalog.apps.items()}
        return dataclasses.replace(catalog, apps=apps)

    def facts(self, wanted: Sequence[Service]) -> tuple[Service, ...]:
        """Return the declared services with the versions that run; '' if unknown."""
        versions = {service.name: service.version for service in self._running}
        return tuple(
            dataclasses.replace(service, version=versions.get(service.name, ""))
            for service in wanted
        )

    def require_alive(self) -> None:
        """Raise ServiceFailed if one of them has ended."""
        for service in self._running:
            service.require_alive()

    def meter(self) -> ServiceMeter:
        return ServiceMeter(self._running)


class ServiceMeter:
    """Meters the services during the spans of one trial."""

    def __init__(self, running: Sequence[RunningService]) -> None:
        self._running = running
        self._before: tuple[Reading, ...] = ()
        self._spans: list[tuple[tuple[Reading, ...], tuple[Reading, ...]]] = []

    def begin(self) -> None:
        self._before = self._read()

    def end(self) -> None:
        self._spans.append((self._before, self._read()))

    def uses(self, client_pids: Collection[int]) -> tuple[ServiceUse, ...]:
        """Sum over all spans; open connections of the clients are counted now."""
        return tuple(
            service.use([(before[i], after[i]) for before, after in self._spans], client_pids)
            for i, service in enumerate(self._running)
        )

    def _read(self) -> tuple[Reading, ...]:
        return tuple(service.read() for service in self._running)


ENDINGS = tuple(f"_{what}" for what in SERVICE_VALUES)
"""Endings of the placeholders of services."""


def filled(app: App, values: Mapping[str, str]) -> App:
    """Replace the placeholders of services in an app; others are kept.

    A variable or a setup command that names a missing service is left out.
    """
    env = {name: _filled(text, values) for name, text in app.env.items()}
    setup = [[_filled(text, values) for text in command] for command in app.setup]
    return dataclasses.replace(
        app,
        env={name: text for name, text in env.items() if text is not None},
        setup=tuple(
            tuple(text for text in command if text is not None)
            for command in setup
            if None not in command
        ),
    )


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    """Return the text as a template; None if it names a missing service."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(escaped(literal))
        if name is None:
            continue
        if not name.endswith(ENDINGS):
            parts.append(f"{{{name}}}")
        elif name in values:
            parts.append(escaped(values[name]))
        else:
            return None
    return "".join(parts)


def escaped(text: str) -> str:
    """Write a text as a template that stands for the text itself."""
    return text.replace("{", "{{").replace("}", "}}")
