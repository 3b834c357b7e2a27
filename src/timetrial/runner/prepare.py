"""Installs the environments of a plan's stacks, and sets up their apps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from timetrial.catalog.registry import Catalog, Server
from timetrial.model import AppFailed, DraftSuite, EnvironmentBuilding, Observer, Stack, StackFailed
from timetrial.stacks.certificates import make_certificates
from timetrial.stacks.environment import EnvironmentMaker
from timetrial.stacks.interpreter import describe_interpreter
from timetrial.stacks.launch_builder import PreparedStack, prepare_app, stack_locks, stack_packages

_LOG_LINES = 10
"""Of a setup command that fails."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The stacks that can be started, and why others cannot."""

    stacks: Mapping[str, PreparedStack]
    not_installed: Mapping[str, StackFailed]


def prepare(  # noqa: PLR0913 - what, from where, into where, and the observer
    suite: DraftSuite,
    catalog: Catalog,
    environments: EnvironmentMaker,
    work_dir: Path,
    observer: Observer,
    *,
    own_environments: Mapping[str, EnvironmentMaker] = MappingProxyType({}),
) -> Prepared:
    """Find or install every stack's environment, then set up and import each app once.

    `own_environments` makes the environments of apps that have packages of their own, by the name
    of the app; `environments` makes all others.

    An environment that cannot be made is a failure of its stack. An app that cannot be set up is a
    failure of its stacks. Raises BadInput where there is no other app, or one cannot be imported.
    """
    prepared: dict[str, PreparedStack] = {}
    not_installed: dict[str, StackFailed] = {}
    wanted = [stack for stack in suite.stacks if not suite.skips(stack)]
    for number, stack in enumerate(wanted, start=1):
        building = EnvironmentBuilding(stack.name, number, len(wanted))
        server, app = catalog.serving(stack), catalog.app(stack.app)
        try:
            environment = own_environments.get(app.name, environments).prepare(
                stack_packages(server, app, stack.requirements),
                (*_own_lock(stack, work_dir), *stack_locks(server, app, catalog)),
                server.python if app.name in own_environments else _pythons(stack, server),
                server.overrides,
                installing=partial(observer, building),
            )
        except StackFailed as failure:
            not_installed[stack.name] = failure
        else:
            data_dir = work_dir / "apps" / app.name
            prepared[stack.name] = PreparedStack(stack, server, app, environment, data_dir)
    if any(stack.stack.is_encrypted for stack in prepared.values()):
        made = make_certificates(work_dir / "tls")
        prepared = {
            name: dataclasses.replace(stack, certificates=made) for name, stack in prepared.items()
        }
    only_app = len({stack.app for stack in suite.stacks}) == 1
    for stacks in _by_app(prepared).values():
        try:
            prepare_app(
                stacks[0].app,
                stacks[0].environment,
                stacks[0].data_dir,
                {stack.stack.interface for stack in stacks},
            )
        except StackFailed as failed:
            if only_app:
                raise _nothing_to_measure(failed) from failed
            for failing in stacks:
                not_installed[failing.stack.name] = failed
                del prepared[failing.stack.name]
    return Prepared(prepared, not_installed)


def with_controls(prepared: Prepared, suite: DraftSuite) -> Prepared:
    """Add the A/A controls of a suite: each is prepared as its stack is."""
    stacks = dict(prepared.stacks)
    for stack in suite.stacks:
        if stack.control_of in stacks:
            stacks[stack.name] = dataclasses.replace(stacks[stack.control_of], stack=stack)
    return dataclasses.replace(prepared, stacks=stacks)


def _own_lock(stack: Stack, work_dir: Path) -> tuple[Path, ...]:
    """Write a lock of the versions that were chosen for a stack; it precedes all others."""
    if not stack.requirements:
        return ()
    file = work_dir / "locks" / f"{'+'.join(stack.requirements)}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(stack.requirements), encoding="utf-8")
    return (file,)


def _pythons(stack: Stack, server: Server) -> tuple[str, ...]:
    """List the allowed interpreters: the one that was chosen, or those of the server."""
    if stack.python is None:
        return server.python
    chosen = describe_interpreter(Path(stack.python))
    if server.python and not any(
        chosen.startswith(f"CPython {python}.") for python in server.python
    ):
        wanted = " or ".join(server.python)
        raise StackFailed("install", f"it needs CPython {wanted}, and was to run on {chosen}")
    return (stack.python,)


def _nothing_to_measure(failed: StackFailed) -> AppFailed:
    lines = failed.log_tail.rstrip().splitlines()
    reason = f"{failed.reason}: {lines[-1]}" if lines else failed.reason
    return AppFailed(reason, "\n".join(lines[-_LOG_LINES:]) if len(lines) > 1 else "")


def _by_app(prepared: Mapping[str, PreparedStack]) -> dict[str, list[PreparedStack]]:
    apps: dict[str, list[PreparedStack]] = {}
    for stack in prepared.values():
        apps.setdefault(stack.app.name, []).append(stack)
    return apps
