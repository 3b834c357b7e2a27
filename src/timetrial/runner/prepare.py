"""Everything that has to be there before a plan can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.catalog.registry import App, Catalog, Server
from timetrial.errors import BadInput, StackFailed
from timetrial.events import EnvironmentBuilding, Observer
from timetrial.run import StackFacts
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.prepare import prepare_app, stack_packages
from timetrial.suite import Stack, Suite
from timetrial.workload import Interface


@dataclass(frozen=True, slots=True)
class PreparedStack:
    """A stack with everything that starting it needs."""

    stack: Stack
    server: Server
    app: App
    environment: Environment
    data_dir: Path

    def facts(self) -> StackFacts:
        return StackFacts(
            self.stack.name, self.environment.python_version, self.environment.packages
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """The stacks that can be started, and why others cannot."""

    stacks: Mapping[str, PreparedStack]
    not_installed: Mapping[str, StackFailed]


def prepare(
    suite: Suite, catalog: Catalog, environments: Environments, work_dir: Path, observer: Observer
) -> Prepared:
    """Install every stack's environment, then set up and import each app once.

    An environment that cannot be made is that stack's failure; an app that cannot be set up or
    imported raises BadInput, because nothing can be measured with it.
    """
    prepared: dict[str, PreparedStack] = {}
    not_installed: dict[str, StackFailed] = {}
    for number, stack in enumerate(suite.stacks, start=1):
        observer(EnvironmentBuilding(stack.name, number, len(suite.stacks)))
        server, app = catalog.server(stack.server), catalog.app(stack.app)
        try:
            environment = environments.prepare(stack_packages(server, app), catalog.locks)
        except StackFailed as failure:
            not_installed[stack.name] = failure
        else:
            data_dir = work_dir / "apps" / app.name
            prepared[stack.name] = PreparedStack(stack, server, app, environment, data_dir)
    for stacks in _by_app(prepared).values():
        first = stacks[0]
        interfaces = {each.stack.interface for each in stacks}
        _set_up(first, interfaces)
    return Prepared(prepared, not_installed)


def _set_up(parts: PreparedStack, interfaces: Iterable[Interface]) -> None:
    try:
        prepare_app(parts.app, parts.environment, parts.data_dir, interfaces)
    except StackFailed as failed:
        last_line = failed.log_tail.rpartition("\n")[2]
        raise BadInput(f"{failed.reason}: {last_line}" if last_line else failed.reason) from failed


def _by_app(prepared: Mapping[str, PreparedStack]) -> dict[str, list[PreparedStack]]:
    apps: dict[str, list[PreparedStack]] = {}
    for each in prepared.values():
        apps.setdefault(each.app.name, []).append(each)
    return apps
