"""The servers that the benchmarks load: each answers "Hello world!" to everything."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from programs import fasthttp
from timetrial.catalog.loader import load_catalog
from timetrial.machine.ports import free_port
from timetrial.model.workload import Expectation, Request
from timetrial.stacks import process
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch

HOST = "127.0.0.1"
HELLO = Expectation(200, "Hello world!")
_SCRIPTS = Path(__file__).with_name("servers")


def responder_server(
    cpus: tuple[int, ...], folder: Path, body_bytes: int | None = None
) -> process.RunningStack:
    """Start the engine's own responder, without delays; it may answer with so many bytes."""
    port = free_port(HOST)
    command = (sys.executable, str(_SCRIPTS / "responder.py"), HOST, str(port))
    if body_bytes is None:
        return process.start(_launch(command, port, cpus, folder))
    launch = _launch((*command, str(body_bytes)), port, cpus, folder)
    probe = Request("/", Expectation(200, body_bytes=body_bytes))
    return process.start(replace(launch, probe=probe))


def fasthttp_server(
    cpus: tuple[int, ...], folder: Path, tls_port: int | None = None
) -> process.RunningStack:
    """Start Go's fasthttp on one thread, at a second port with TLS if asked to. Raises NotHad."""
    port = free_port(HOST)
    ports = (port,) if tls_port is None else (port, tls_port)
    command = (str(fasthttp().path), *(f"{HOST}:{each}" for each in ports))
    launch = _launch(command, port, cpus, folder)
    return process.start(replace(launch, env={**launch.env, "GOMAXPROCS": "1"}))


def uvloop_server(cpus: tuple[int, ...], folder: Path) -> process.RunningStack:
    """Start the cheapest server that Python can be, in an environment of its own."""
    environment = Environments(cache_dir()).prepare(["uvloop"], load_catalog().locks)
    port = free_port(HOST)
    command = (str(environment.python), str(_SCRIPTS / "hello.py"), HOST, str(port))
    return process.start(_launch(command, port, cpus, folder))


def url_of(server: process.RunningStack) -> str:
    return f"http://{HOST}:{server.launch.port}/"


def _launch(command: tuple[str, ...], port: int, cpus: tuple[int, ...], folder: Path) -> Launch:
    return Launch(
        stack="server",
        command=command,
        env={"PATH": os.environ["PATH"]},
        cwd=folder,
        host=HOST,
        port=port,
        cpus=cpus,
        probe=Request("/", HELLO),
        start_timeout_s=20.0,
        log=folder / "server.log",
    )
