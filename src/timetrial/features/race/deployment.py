"""The command that runs a server in production with the settings that were measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from timetrial.catalog.registry import Server
from timetrial.model import Deployment, Stack
from timetrial.project.project import Project
from timetrial.stacks.pins import normalised

HOST, PORT = "0.0.0.0", "8000"  # noqa: S104 - production listens where clients can reach it
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
    if names := sorted(project.env.keys() - _OF_TIMETRIAL):
        needs.append(f"In its environment: {', '.join(names)}, as in the race.")
    return Deployment(
        stack.name,
        (*variables, *command),
        tuple(_pinned(package, installed) for package in server.packages),
        tuple(needs),
    )


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
