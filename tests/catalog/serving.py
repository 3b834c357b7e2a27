"""Starts a stack of the catalog for a few requests. Correctness only: no load, no measuring."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from real import environment_for

from timetrial.catalog import App, load_catalog
from timetrial.machine.ports import free_port
from timetrial.model.suite import Stack
from timetrial.runner.starter import probe_of
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import PreparedStack, build_launch, prepare_app
from timetrial.stacks.services.services import filled

UP_WITHIN_S = 60.0


def launch_of(  # noqa: PLR0913 - what is served by what, and how
    name: str,
    app: App,
    workload_name: str,
    data_dir: Path,
    services: Mapping[str, str] = MappingProxyType({}),
    *,
    stack: Stack | None = None,
) -> Launch:
    """Set up an app with these URLs of services, by their placeholders, and fill in its start.

    `stack` has other settings than two workers of four threads.
    """
    app = filled(app, services)
    server = load_catalog().server(name)
    stack = stack or Stack(
        name=name,
        server=name,
        app=app.name,
        interface=server.interface,
        workers=server.workers.clamp(2),
        threads=server.threads.clamp(4),
    )
    server = load_catalog().serving(stack)
    environment = environment_for(server, app)
    prepare_app(app, environment, data_dir, [server.interface])
    workload = app.workload(workload_name)
    return build_launch(
        PreparedStack(stack, server, app, environment, data_dir),
        port=free_port(),
        cpus=(0,),
        log=data_dir / "log",
        probe=probe_of(workload.steps[0], stack),
    )


@contextlib.contextmanager
def started(launch: Launch) -> Iterator[subprocess.Popen[bytes]]:
    with launch.log.open("wb") as log:
        process = subprocess.Popen(
            launch.command,
            env=dict(launch.env),
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def first_response(launch: Launch) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    deadline = time.monotonic() + UP_WITHIN_S
    while True:
        connection = http.client.HTTPConnection(launch.host, launch.port, timeout=UP_WITHIN_S)
        try:
            connection.request("GET", launch.probe.path)
            return connection, connection.getresponse()
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                pytest.fail(f"no response: {launch.log.read_text('utf-8')}")
            time.sleep(0.05)
