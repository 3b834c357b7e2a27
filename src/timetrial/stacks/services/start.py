"""Starting one service: installed, set up, awaited until it answers correctly."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from glob import glob
from importlib import import_module
from pathlib import Path

from timetrial.catalog.registry import BackingService, Catalog
from timetrial.catalog.service_schema import Speaks
from timetrial.machine.ports import free_port
from timetrial.model.errors import PortTaken, ServiceFailed, StackFailed
from timetrial.model.service import Service
from timetrial.model.workload import Expectation, Request
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
"""'Redis server v=6.2.14 sha=…' says what it is, and more."""


@contextmanager
def started(
    wanted: Service,
    catalog: Catalog,
    environments: Environments,
    work_dir: Path,
    cpus: tuple[int, ...],
) -> Iterator[RunningService]:
    """Run a service on those CPUs. Raises ServiceFailed, and leaves nothing behind."""
    service = catalog.service(wanted.name)
    account = account_of(service.name, refuses_root=service.refuses_root)
    installed = install(service, environments, catalog.service_locks, account)
    with data_folder(service.name, account, work_dir) as data_dir:
        port = free_port(HOST)
        values = {
            **installed.values,
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
        # What asks is closed first: a server may wait for those who are connected before it ends.
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
        told = self._run(self._service.version, VERSION_TIMEOUT_S)
        match = _TO_FIRST_NUMBER.match(told)
        return match[0] if match else told.partition("\n")[0]

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
    """Make what asks a service; nothing is connected yet. Raises ValueError for an unusable URL."""
    module, name = _CLASSES[speaks]
    client: ServiceClient = getattr(import_module(f"timetrial.stacks.services.{module}"), name)(
        access
    )
    return client


@dataclass(frozen=True, slots=True)
class Installed:
    """What the placeholders of a service's commands stand for, as far as packages decide."""

    values: Mapping[str, str]
    """{timetrial}, {bin}, {site}, {home} and {here}; empty where there is no such folder."""


def install(
    service: BackingService, environments: Environments, locks: tuple[Path, ...], account: Account
) -> Installed:
    """Install the packages of a service, if it has any, and find its programs.

    What cannot be installed may still be found in the system. Raises ServiceFailed.
    """
    environment, problem = None, None
    if service.packages:
        own = Environments(account.cache(environments.cache))
        try:
            environment = own.prepare(service.packages, locks)
        except (StackFailed, OSError) as error:
            problem = error
    folders = _folders(environment)
    home = _home(service, folders) if service.programs else None
    if home is None and (service.programs or problem):
        raise _not_found(service, problem)
    here = {"timetrial": sys.executable, "home": str(home or ""), "here": str(service.folder)}
    return Installed({**folders, **here})


def _folders(environment: Environment | None) -> dict[str, str]:
    if environment is None:
        return {"bin": "", "site": ""}
    (site,) = environment.bin.parent.glob("lib/python*/site-packages")
    return {"bin": str(environment.bin), "site": str(site)}


def _home(service: BackingService, folders: Mapping[str, str]) -> Path | None:
    """Find the first folder that has all programs."""
    for home in _candidates(service.homes, service.programs[0], folders):
        if all(os.access(home / program, os.X_OK) for program in service.programs):
            return home
    return None


def _candidates(homes: Iterable[str], program: str, folders: Mapping[str, str]) -> Iterator[Path]:
    for home in homes:
        wanted = [name for name in folders if f"{{{name}}}" in home]
        if all(folders[name] for name in wanted):
            # The newest version first, where versions differ in the last digits.
            yield from (Path(each) for each in sorted(glob(home.format_map(folders)), reverse=True))  # noqa: PTH207 - the pattern begins at the root
    on_path = shutil.which(program)
    if on_path:
        # By the way of a link one may come to a folder that has the others, too.
        yield from (Path(on_path).parent, Path(on_path).resolve().parent)


def _not_found(service: BackingService, problem: Exception | None) -> ServiceFailed:
    tail = problem.log_tail if isinstance(problem, StackFailed) else ""
    why = problem.reason if isinstance(problem, StackFailed) else problem
    missing = f"{' and '.join(service.programs) or service.title} was not found"
    return ServiceFailed(service.name, f"{missing}: {why}" if why else missing, tail)
