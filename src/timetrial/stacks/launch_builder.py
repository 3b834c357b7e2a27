"""From a stack of a suite to a launch: its app is set up, its placeholders are filled in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.catalog.registry import App, Catalog, Server
from timetrial.model import AppImportError, Interface, Request, Stack, StackFacts, StackFailed
from timetrial.model.redaction import without_secrets
from timetrial.stacks.certificates import Certificates
from timetrial.stacks.command import CommandResult, run_app, run_command
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch import Launch
from timetrial.stacks.pins import normalised

HOST = "127.0.0.1"
SETUP_TIMEOUT_S = 300.0
IMPORT_TIMEOUT_S = 60.0
IMPORT_LOG_LINES = 10

_NETWORK = ("GOPROXY", "GOSUMDB", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_NETWORK_ENV = {
    name: os.environ[name]
    for name in (*_NETWORK, *_PROXIES, *map(str.lower, _PROXIES))
    if name in os.environ
}
"""The user's access to package indexes: setup commands may need it, servers do not."""

_IMPORT = Path(__file__).with_name("import_target.py")


@dataclass(frozen=True, slots=True)
class PreparedStack:
    """A stack with everything that its starts need."""

    stack: Stack
    server: Server
    app: App
    environment: Environment
    data_dir: Path
    certificates: Certificates | None = None
    """None where no stack speaks TLS."""

    def facts(self) -> StackFacts:
        """Return the versions of its Python, its packages and its server; '' if unknown."""
        pairs = (package.partition("==") for package in self.environment.packages)
        versions = {name: version for name, _, version in pairs}
        return StackFacts(
            self.stack.name,
            self.environment.python_version,
            self.environment.packages,
            self.server.version or versions.get(self.server.version_of or "", ""),
            chosen=tuple(sorted(map(name_of, self.stack.requirements))),
            python_chosen=self.stack.python is not None,
        )


def stack_packages(server: Server, app: App, requirements: Iterable[str] = ()) -> tuple[str, ...]:
    """List the packages of the environment of this server with this app.

    Packages of `requirements` that neither of them names are added.
    """
    named = {*server.packages, *app.packages}
    known = {name_of(package) for package in named}
    return tuple(sorted({*named, *(set(map(name_of, requirements)) - known)}))


def name_of(requirement: str) -> str:
    """Return the normalised name alone: 'Gunicorn[gevent]==27.0' is 'gunicorn'."""
    return normalised(re.split(r"[\[=<>!~;\s]", requirement.strip(), maxsplit=1)[0])


def stack_locks(server: Server, app: App, catalog: Catalog) -> tuple[Path, ...]:
    """List the locks of these packages; an earlier one takes precedence."""
    return (*server.locks, *app.locks, *catalog.locks)


def prepare_app(
    app: App,
    environment: Environment,
    data_dir: Path,
    interfaces: Iterable[Interface] | None = None,
) -> None:
    """Run the app's setup commands, then import it for these interfaces (None: all).

    Raises StackFailed, and AppImportError.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    for command in app.setup:
        _run_setup(app, command, environment, data_dir)
    for interface in sorted(app.interfaces if interfaces is None else interfaces):
        if interface != "program":  # a program imports itself when it starts
            _check_import(app, app.interfaces[interface], environment, data_dir)


def build_launch(
    prepared: PreparedStack, *, port: int, cpus: tuple[int, ...], log: Path, probe: Request
) -> Launch:
    """Fill in the command and the environment of a start."""
    stack, server, app = prepared.stack, prepared.server, prepared.app
    environment, data_dir = prepared.environment, prepared.data_dir
    values = {
        "bin": str(environment.bin),
        "host": HOST,
        "port": str(port),
        "workers": str(stack.workers),
        "threads": str(stack.threads),
        "app": app.interfaces[stack.interface],
        "data": str(data_dir),
        "here": str(server.folder),
    }
    made = prepared.certificates
    if made is not None:
        values |= {"certificate": str(made.certificate), "key": str(made.key)}
    return Launch(
        stack=stack.name,
        command=tuple(text.format_map(values) for text in server.command),
        env={
            **process_env(environment, app, data_dir),
            **{name: text.format_map(values) for name, text in server.env.items()},
            **_filled(stack.env, environment, data_dir),
        },
        cwd=app.folder,
        host=HOST,
        port=port,
        cpus=cpus,
        probe=probe,
        start_timeout_s=app.start_timeout_s,
        log=log,
        timeout_option="--start-timeout",
        authority=made.authority if made is not None and stack.is_encrypted else None,
    )


def process_env(environment: Environment, app: App, data_dir: Path) -> dict[str, str]:
    """Return the whole environment of a process: the user's shell has no influence.

    PYTHONHASHSEED is absent, so that each start has its own hash seed, unless versions of one
    server share one (`common_start`). The app's folder precedes
    the PYTHONPATH of the app.
    """
    given = _filled(app.env, environment, data_dir)
    programs = (environment.bin, *environment.path, "/usr/local/bin", "/usr/bin", "/bin")
    modules = (str(app.folder), given.get("PYTHONPATH", ""))
    return {
        "PATH": os.pathsep.join(map(str, programs)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(data_dir),
        "LANG": "C.UTF-8",
        **given,
        "PYTHONPATH": os.pathsep.join(filter(None, modules)),
    }


def _filled(env: Mapping[str, str], environment: Environment, data_dir: Path) -> Mapping[str, str]:
    values = {"data": str(data_dir), "cache": str(environment.cache)}
    return {name: text.format_map(values) for name, text in env.items()}


def _run_setup(
    app: App, command: tuple[str, ...], environment: Environment, data_dir: Path
) -> None:
    values = {
        "python": str(environment.python),
        "bin": str(environment.bin),
        "data": str(data_dir),
        "cache": str(environment.cache),
    }
    filled = [text.format_map(values) for text in command]
    env = process_env(environment, app, data_dir)
    outcome = run_command(
        filled, env={**_NETWORK_ENV, **env}, cwd=app.folder, timeout_s=SETUP_TIMEOUT_S
    )
    if not outcome.ok:
        shown = without_secrets(" ".join(command), env, *filled)
        reason = f"the setup command {shown!r} of app {app.name!r} {outcome.ending()}"
        raise StackFailed("install", reason, without_secrets(outcome.tail, env, *filled))


def _check_import(app: App, target: str, environment: Environment, data_dir: Path) -> None:
    env = process_env(environment, app, data_dir)
    outcome = run_app(
        # Not as a script: its folder would be first on the module path.
        [str(environment.python), "-c", _IMPORT.read_text(encoding="utf-8"), target],
        env=env,
        cwd=app.folder,
        timeout_s=max(IMPORT_TIMEOUT_S, app.start_timeout_s),
    )
    problem = _import_problem(outcome)
    if problem is not None:
        problem = without_secrets(problem, env)
        # An app that logs a reason and ends itself raises no more than SystemExit.
        last_lines = "\n".join(outcome.log.splitlines()[-IMPORT_LOG_LINES:])
        raise AppImportError(
            f"app {app.name!r} does not import: {target!r} {problem}",
            without_secrets(last_lines, env),
        )


def _import_problem(outcome: CommandResult) -> str | None:
    last_line = outcome.output.rstrip().rpartition("\n")[2]
    try:
        problem: str | None = json.loads(last_line)["problem"]
    except (ValueError, TypeError, KeyError):
        return outcome.ending()
    return problem
