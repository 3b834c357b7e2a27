"""Starting one service: installed, set up, awaited until it answers correctly."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import Attempt, AttemptResult
from timetrial.stacks.services.client import Access, ServiceClient
from timetrial.stacks.services.installed import install
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
