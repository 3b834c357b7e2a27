"""Before a race: which servers start, which answers they share, and how each runs in production."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath

from timetrial.catalog.registry import Catalog, Server
from timetrial.features.race.failing_commit import RacedCommit, require_answers
from timetrial.features.race.stream_length import require_short_streams
from timetrial.features.race.suite import in_windows_for, race_info_of, with_workload, without
from timetrial.model import (
    AppFailed,
    Deployment,
    DraftSuite,
    Observer,
    Stack,
    StackFailed,
    Workload,
)
from timetrial.project.project import Project
from timetrial.project.requests.agreed import Agreed
from timetrial.project.requests.mix import Mix
from timetrial.runner.prepare import Prepared
from timetrial.runner.response_consensus import agree
from timetrial.runner.start_all import BEFORE_ALL_ROUNDS, StartedStacks, started_stacks
from timetrial.runner.starter import Starter
from timetrial.stacks.launch_builder import name_of
from timetrial.stacks.pins import normalised

HOST, PORT = "0.0.0.0", "8000"  # noqa: S104 - production listens where clients can reach it
CERTIFICATE, KEY = "cert.pem", "key.pem"
FACTORY_MODULE = "served"
_HERE = "{here}/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OF_TIMETRIAL = {"WEB_CONCURRENCY", "PYTHONPATH"}
"""Variables that are set for apps which share something between processes, or to find a module."""


def deployment(
    stack: Stack,
    server: Server,
    project: Project,
    installed: Sequence[str],
    files: Mapping[str, str],
) -> Deployment:
    """Write the command of a stack without the parts that only a race needs.

    `installed` are the packages of its environment, as 'name==version'; `files` holds the
    texts of the files beside the server's manifest, by path below its folder (see `files_of`).
    """
    values = {
        "bin": "",
        "host": HOST,
        "port": PORT,
        "workers": str(stack.workers),
        "threads": str(stack.threads),
        "app": f"{FACTORY_MODULE}:app" if project.factory else project.targets[stack.interface],
        "data": ".",
        "here": "",
        "certificate": CERTIFICATE,
        "key": KEY,
    }
    command: list[str] = []
    needs = list(_factory_needs(project))
    for word in server.command:
        path = word.removeprefix(_HERE) if word.startswith(_HERE) else None
        if path is None:
            command.append(word.removeprefix("{bin}/").format_map(values))
        elif _is_comment_only(files.get(path, "")) and command[-1].startswith("-"):
            command.pop()
        else:
            command.append(PurePath(path).name)
            needs.append(_file_need(server, path, files))
    variables = [
        f"{name}={text.format_map(values)}"
        for name, text in server.env.items()
        if name not in _OF_TIMETRIAL
    ]
    if stack.is_encrypted:
        needs.append(f"Your certificate in {CERTIFICATE}, and its key in {KEY} (PKCS#8).")
    if names := sorted(project.env.keys() - _OF_TIMETRIAL):
        needs.append(f"In its environment: {', '.join(names)}, as in the race.")
    return Deployment(
        stack.name,
        (*variables, *command),
        (
            *(_pinned(package, installed) for package in server.packages),
            *_other_versions(stack, server),
        ),
        tuple(needs),
        server.production.unfit() if server.production else "",
    )


def _other_versions(stack: Stack, server: Server) -> Iterator[str]:
    """Name the packages in chosen versions that are none of the server's own."""
    named = set(map(name_of, server.packages))
    yield from (line for line in stack.requirements if name_of(line) not in named)


def files_of(server: Server) -> tuple[str, ...]:
    """List the folders below the server's own whose files its command names."""
    named = (word.removeprefix(_HERE) for word in server.command if word.startswith(_HERE))
    return tuple(dict.fromkeys(str(PurePath(path).parent) for path in named))


def _factory_needs(project: Project) -> Sequence[str]:
    if not project.factory:
        return ()
    module, _, attribute = project.factory.partition(":")
    why = "because not every server calls a factory"
    lines = f"`from {module} import {attribute}` and `app = {attribute}()`"
    return (f"A file {FACTORY_MODULE}.py of two lines, {why}: {lines}.",)


def _is_comment_only(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _file_need(server: Server, path: str, files: Mapping[str, str]) -> str:
    name, text = PurePath(path).name, files.get(path, "")
    if not name.endswith(".py"):
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return f"A file {name} that holds: `{'; '.join(lines)}`."
    imported = (
        PurePath(file).name
        for file in files
        if file != path
        and file.endswith(".py")
        and re.search(rf"^(from|import) {re.escape(PurePath(file).stem)}\b", text, re.MULTILINE)
    )
    copied = [name, *imported]
    are = "are launchers" if len(copied) > 1 else "is a launcher"
    return (
        f"{' and '.join(copied)} {are} of Timetrial's, because no command of {server.name}'s own "
        f"starts it so: copy {'them' if len(copied) > 1 else 'it'} from "
        f"{server.folder / PurePath(path).parent} to beside the app."
    )


def _pinned(package: str, installed: Sequence[str]) -> str:
    match = _NAME.match(package)
    wanted = normalised(match[0]) if match else package
    versions = (requirement.partition("==") for requirement in installed)
    version = next((version for name, _, version in versions if normalised(name) == wanted), "")
    return f"{package}=={version}" if version else package


@dataclass(frozen=True, slots=True)
class RacePlan:
    """What a race is made of, before anything was started."""

    catalog: Catalog
    """With the project as its only app, its services filled in."""
    project: Project
    mix: Mix
    keep_failing: bool
    """Whether servers that cannot start stay in the race, and fail: they were requested by name."""
    commits: tuple[RacedCommit, ...] = ()
    """In the order in which they were named; () without --rev."""
    untracked: tuple[str, ...] = ()
    """Files of the working tree that no checkout of a commit has."""


@dataclass(frozen=True, slots=True)
class QualifiedServers:
    """A suite of servers that can race, as they start and answer, and the processes of all."""

    suite: DraftSuite
    started: StartedStacks


def qualify_servers(
    race_plan: RacePlan, suite: DraftSuite, prepared: Prepared, start: Starter, observer: Observer
) -> DraftSuite:
    """Return the suite of `qualified_servers`, when their processes have stopped."""
    with qualified_servers(race_plan, suite, prepared, start, observer) as qualified:
        return qualified.suite


@contextmanager
def qualified_servers(
    race_plan: RacePlan, suite: DraftSuite, prepared: Prepared, start: Starter, observer: Observer
) -> Iterator[QualifiedServers]:
    """Start every server once, and send it every request of the race; stop all at the end.

    The suite that is returned expects what all servers answer, and is without servers that do not
    install, start or answer. `start` has to accept any response as ready. Raises AppFailed where
    the app is the cause, or a commit of it that others are compared with, and BadInput where its
    responses cannot be measured.
    """
    suite = _without(suite, prepared.not_installed, race_plan)
    startable = [stack for stack in suite.stacks if stack.name in prepared.stacks]
    with started_stacks(startable, start, observer) as started:
        _require_any(started, prepared)
        by_name = {stack.name: stack for stack in suite.stacks}
        agreed = agree(
            replace(race_plan.mix, host=race_plan.project.host),
            started.running,
            suite.stacks,
            observer,
            fresh=lambda name, number: start(by_name[name], BEFORE_ALL_ROUNDS - number),
        )
        failed = {**started.failed, **agreed.failed}
        require_answers(race_plan.commits, race_plan.untracked, suite.stacks, failed)
        suite = _as_agreed(race_plan, suite, prepared, agreed, failed)
        yield QualifiedServers(suite, started)


def _as_agreed(
    race_plan: RacePlan,
    suite: DraftSuite,
    prepared: Prepared,
    agreed: Agreed,
    failed: Mapping[str, StackFailed],
) -> DraftSuite:
    differing = {stack.name: stack for stack in agreed.staying(suite.stacks)}
    stacks = tuple(differing.get(stack.name, stack) for stack in suite.stacks)
    suite = _without(replace(suite, stacks=stacks), failed, race_plan)
    require_short_streams(agreed.workload)
    suite = with_workload(suite, agreed.workload)
    suite = in_windows_for(suite, max((measured.took_s for measured in agreed.seen), default=0.0))
    race_info = race_info_of(suite)
    notes = (*race_info.notes, *agreed.notes, *_notes_of(prepared))
    commands = tuple(deployments(race_plan, suite, prepared))
    return replace(suite, race_info=replace(race_info, notes=notes, deployments=commands))


def answers_again(
    race_plan: RacePlan, suite: DraftSuite, prepared: Prepared, start: Starter, observer: Observer
) -> Workload:
    """Start every server of a race that is resumed once, and ask for its answers again.

    Raises AppFailed and BadInput as `qualify_servers` does. A server that fails now takes part: its
    trials say so.
    """
    stacks = [s for s in suite.stacks if s.name in prepared.stacks and s.control_of is None]
    with started_stacks(stacks, start, observer) as started:
        _require_any(started, prepared)
        return agree(race_plan.mix, started.running, suite.stacks, observer).workload


def _without(
    suite: DraftSuite, failed: Mapping[str, StackFailed], race_plan: RacePlan
) -> DraftSuite:
    if race_plan.keep_failing:
        return suite
    names = {stack.name for stack in suite.stacks}
    return without(suite, {name: _why(failed[name]) for name in failed if name in names})


_PHASES = {"install": "could not be installed", "start": "did not start"}


def _why(failed: StackFailed) -> str:
    what = _PHASES.get(failed.phase, "did not answer as the others do")
    return f"{what} ({failed.reason.rstrip('.')})"


def _require_any(started: StartedStacks, prepared: Prepared) -> None:
    """Raise AppFailed if no server has started: then the app is the cause."""
    if started.running:
        return
    for name, failed in {**prepared.not_installed, **started.failed}.items():
        reason = f"no server could start it; {name}: {failed.reason}"
        raise AppFailed(reason, failed.log_tail)


def _notes_of(prepared: Prepared) -> Iterator[str]:
    """Name each note about environments once, with all servers that it is about."""
    notes: dict[str, list[str]] = {}
    for name, stack in prepared.stacks.items():
        for note in stack.environment.notes:
            notes.setdefault(note, []).append(name)
    for note, names in notes.items():
        yield f"{', '.join(names)}: {note}"


def deployments(race_plan: RacePlan, suite: DraftSuite, prepared: Prepared) -> Iterator[Deployment]:
    """Say how each stack that could be prepared is run in production."""
    for stack in suite.stacks:
        if stack.name in prepared.stacks:
            server = race_plan.catalog.serving(stack)
            installed = prepared.stacks[stack.name].environment.packages
            yield deployment(stack, server, race_plan.project, installed, _files(server))


def _files(server: Server) -> Mapping[str, str]:
    """Read the files in the folders of the files that a server's command names."""
    return {
        str(file.relative_to(server.folder)): file.read_text("utf-8")
        for folder in files_of(server)
        for file in sorted((server.folder / folder).iterdir())
        if file.is_file()
    }
