"""Starts one service: installs it, sets it up, and waits until it responds correctly."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from glob import glob
from importlib import import_module
from pathlib import Path

from timetrial.catalog.registry import BackingService, Catalog
from timetrial.catalog.service_schema import Speaks
from timetrial.machine.ports import free_port
from timetrial.model import Expectation, PortTaken, Request, Service, ServiceFailed, StackFailed
from timetrial.stacks import process
from timetrial.stacks.command import run_command
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import Attempt, AttemptResult
from timetrial.stacks.services.client import Access, ServiceClient
from timetrial.stacks.services.run_as import Account, account_of, data_folder
from timetrial.stacks.services.running import RunningService

HOST = "127.0.0.1"
START_TIMEOUT_S = 30.0
SETUP_TIMEOUT_S = 120.0
VERSION_TIMEOUT_S = 10.0

_TO_FIRST_NUMBER = re.compile(r".*?\S*\d\S*")
"""Cuts 'Redis server v=6.2.14 sha=…' after the version."""


@contextmanager
def started(
    wanted: Service,
    catalog: Catalog,
    environments: Environments,
    work_dir: Path,
    cpus: tuple[int, ...],
) -> Iterator[RunningService]:
    """Run a service on these CPUs. Raises ServiceFailed after removing all of it."""
    service = catalog.service(wanted.name)
    account = account_of(service.name, refuses_root=service.refuses_root)
    with data_folder(service.name, account, work_dir) as data_dir:
        port = free_port(HOST)
        values = {
            **install(service, environments, catalog.service_locks, account),
            **wanted.settings,
            "host": HOST,
            "port": str(port),
            "data": str(data_dir),
            "secret": secrets.token_hex(16),
        }
        runner = _Runner(service, account, values, data_dir)
        version = runner.version()
        runner.write_files()
        runner.set_up()
        access = Access(
            service.url.format_map(values),
            ca=Path(service.ca.format_map(values)) if service.ca else None,
            control=Path(service.control.format_map(values)) if service.control else None,
        )
        log = work_dir / "logs" / f"service-{service.name}.log"
        client = service_client(service.speaks, access)
        # The client is closed first: a server may wait for open connections before it ends.
        with closing(client), runner.launched(port, cpus, log, client) as running, closing(client):
            cores = min(service.cores or len(cpus), len(cpus))
            yield RunningService(
                service.name, access, client, version=version, process=running, cores=cores
            )


class _Runner:
    """Runs the commands of one service."""

    def __init__(
        self, service: BackingService, account: Account, values: dict[str, str], data_dir: Path
    ) -> None:
        self._service = service
        self._account = account
        self._values = values
        self._data_dir = data_dir
        self._env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(data_dir), "LANG": "C"}

    def version(self) -> str:
        if not self._service.version:
            return self._service.title
        printed = self._run(self._service.version, VERSION_TIMEOUT_S)
        match = _TO_FIRST_NUMBER.match(printed)
        return match[0] if match else printed.partition("\n")[0]

    def write_files(self) -> None:
        for name, text in self._service.files.items():
            file = self._data_dir / name
            file.touch(mode=0o600)
            file.write_text(text.format_map(self._values), encoding="utf-8")
            self._account.own(file)

    def set_up(self) -> None:
        for command in self._service.setup:
            self._run(command, SETUP_TIMEOUT_S)

    @contextmanager
    def launched(
        self, port: int, cpus: tuple[int, ...], log: Path, client: ServiceClient
    ) -> Iterator[process.RunningStack]:
        launch = Launch(
            stack=self._service.name,
            command=self._filled(self._service.command),
            env=self._env,
            cwd=self._data_dir,
            host=HOST,
            port=port,
            cpus=cpus,
            probe=Request("/", Expectation()),
            start_timeout_s=START_TIMEOUT_S,
            log=log,
        )
        try:
            running = process.start(launch, _attempt(client))
        except (PortTaken, StackFailed) as error:
            reason = error.reason if isinstance(error, StackFailed) else str(error)
            tail = error.log_tail if isinstance(error, StackFailed) else ""
            raise ServiceFailed(self._service.name, f"did not start: {reason}", tail) from error
        with running:
            yield running

    def _filled(self, command: tuple[str, ...]) -> tuple[str, ...]:
        return self._account.command(tuple(text.format_map(self._values) for text in command))

    def _run(self, command: tuple[str, ...], timeout_s: float) -> str:
        outcome = run_command(
            self._filled(command), env=self._env, cwd=self._data_dir, timeout_s=timeout_s
        )
        if not outcome.ok:
            program = Path(command[0].format_map(self._values)).name
            reason = f"did not start: {program} {outcome.ending()}"
            raise ServiceFailed(self._service.name, reason, outcome.tail)
        return outcome.output.strip()


def _attempt(client: ServiceClient) -> Attempt:
    def attempt(timeout_s: float) -> AttemptResult:
        try:
            problem = client.problem(timeout_s)
        except OSError as error:
            return AttemptResult(answered=False, problem=str(error))
        return AttemptResult(answered=True, problem=problem)

    return attempt


_CLASSES: dict[Speaks, tuple[str, str]] = {
    "http": ("http", "HttpClient"),
    "https": ("http", "HttpClient"),
    "postgres": ("postgres", "PostgresClient"),
    "redis": ("redis", "RedisClient"),
}
"""Module and class: clients are imported when a run needs them."""


def service_client(speaks: Speaks, access: Access) -> ServiceClient:
    """Make the client of a service, without connecting. Raises ValueError for an unusable URL."""
    module, name = _CLASSES[speaks]
    client: ServiceClient = getattr(import_module(f"timetrial.stacks.services.{module}"), name)(
        access
    )
    return client


def install(
    service: BackingService, environments: Environments, locks: tuple[Path, ...], account: Account
) -> Mapping[str, str]:
    """Install the packages of a service, if it has any, and find its programs.

    Programs that cannot be installed may be found in the system. Returns the placeholders {bin},
    {site}, {timetrial}, {home} and {here}; '' for a folder that does not exist. Raises
    ServiceFailed.
    """
    environment, problem = None, None
    if service.packages:
        reachable = Environments(account.cache(environments.cache))
        try:
            environment = reachable.prepare(service.packages, locks)
        except (StackFailed, OSError) as error:
            problem = error
    folders = _folders(environment)
    home = _home(service, folders) if service.programs else None
    if home is None and (service.programs or problem):
        raise _not_found(service, problem)
    here = {"timetrial": sys.executable, "home": str(home or ""), "here": str(service.folder)}
    return {**folders, **here}


def _folders(environment: Environment | None) -> dict[str, str]:
    if environment is None:
        return {"bin": "", "site": ""}
    (site,) = environment.bin.parent.glob("lib/python*/site-packages")
    return {"bin": str(environment.bin), "site": str(site)}


def _home(service: BackingService, folders: Mapping[str, str]) -> Path | None:
    """Return the first folder that has all programs; None without one."""
    for home in _candidates(service.homes, service.programs[0], folders):
        if all(os.access(home / program, os.X_OK) for program in service.programs):
            return home
    return None


def _candidates(homes: Iterable[str], program: str, folders: Mapping[str, str]) -> Iterator[Path]:
    for home in homes:
        named = [name for name in folders if f"{{{name}}}" in home]
        if all(folders[name] for name in named):
            # The newest version first, if versions differ in their last digits.
            yield from map(Path, sorted(glob(home.format_map(folders)), reverse=True))  # noqa: PTH207 - the pattern begins at the root
    on_path = shutil.which(program)
    if on_path:
        # The folder that a link leads to may have the other programs.
        yield from (Path(on_path).parent, Path(on_path).resolve().parent)


def _not_found(service: BackingService, problem: Exception | None) -> ServiceFailed:
    tail = problem.log_tail if isinstance(problem, StackFailed) else ""
    why = problem.reason if isinstance(problem, StackFailed) else problem
    missing = f"{' and '.join(service.programs) or service.title} was not found"
    return ServiceFailed(service.name, f"{missing}: {why}" if why else missing, tail)
