"""All services of one run together."""

from __future__ import annotations

import dataclasses
import string
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from timetrial.catalog.registry import Catalog
from timetrial.model.events import Observer, ServiceReady, ServiceStarting
from timetrial.model.service import Service, ServiceUse
from timetrial.stacks.environment import Environments
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.external import connected
from timetrial.stacks.services.running import Reading, RunningService
from timetrial.stacks.services.start import started

if TYPE_CHECKING:
    from timetrial.catalog.registry import App


@contextmanager
def running_services(  # noqa: PLR0913 - all that a start needs
    wanted: Sequence[Service],
    catalog: Catalog,
    environments: Environments,
    *,
    work_dir: Path,
    cpus: tuple[int, ...],
    external: Mapping[str, Access],
    observer: Observer,
) -> Iterator[Services]:
    """Start a fresh instance of each service, or check the external one that stands for it.

    Raises ServiceFailed for one that does not start, once all that ran is stopped again, and
    BadInput for an external one that does not answer.
    """
    with ExitStack() as stack:
        running: list[RunningService] = []
        for each in wanted:
            observer(ServiceStarting(each.name))
            began_s = time.monotonic()
            if each.name in external:
                speaks = catalog.service(each.name).speaks
                one = stack.enter_context(connected(each.name, speaks, external[each.name]))
            else:
                one = stack.enter_context(started(each, catalog, environments, work_dir, cpus))
            observer(ServiceReady(each.name, one.version, time.monotonic() - began_s))
            running.append(one)
        yield Services(running)


class Services:
    """The services of a run."""

    def __init__(self, running: Sequence[RunningService] = ()) -> None:
        self._running = tuple(running)

    def fill_in(self, catalog: Catalog) -> Catalog:
        """Put URLs where the catalog's apps name these services."""
        values = {key: text for each in self._running for key, text in each.values().items()}
        apps = {name: filled(app, values) for name, app in catalog.apps.items()}
        return dataclasses.replace(catalog, apps=apps)

    def facts(self, wanted: Sequence[Service]) -> tuple[Service, ...]:
        """Note on the services that were wanted which version runs."""
        versions = {each.name: each.version for each in self._running}
        return tuple(
            dataclasses.replace(each, version=versions.get(each.name, "")) for each in wanted
        )

    def require_alive(self) -> None:
        """Raise ServiceFailed if one of them has ended."""
        for each in self._running:
            each.require_alive()

    def meter(self) -> ServiceMeter:
        return ServiceMeter(self._running)


class ServiceMeter:
    """What the services did during the spans of one trial."""

    def __init__(self, running: Sequence[RunningService]) -> None:
        self._running = running
        self._before: tuple[Reading, ...] = ()
        self._spans: list[tuple[tuple[Reading, ...], tuple[Reading, ...]]] = []

    def begin(self) -> None:
        self._before = self._read()

    def end(self) -> None:
        self._spans.append((self._before, self._read()))

    def uses(self, client_pids: Collection[int]) -> tuple[ServiceUse, ...]:
        """Sum up; the clients' open connections are counted now."""
        return tuple(
            service.use([(before[i], after[i]) for before, after in self._spans], client_pids)
            for i, service in enumerate(self._running)
        )

    def _read(self) -> tuple[Reading, ...]:
        return tuple(each.read() for each in self._running)


ENDINGS = ("_url", "_ca")
"""Of the placeholders that stand for services."""


def filled(app: App, values: Mapping[str, str]) -> App:
    """Replace the placeholders of services; others stay.

    A variable or a setup command that names a service which this run does without is left out.
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
    """Return the text, still as a template; None if a service is not there."""
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
