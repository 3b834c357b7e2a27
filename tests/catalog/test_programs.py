"""Apps that serve themselves: the same bytes from each, and pipelined responses in order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psutil
import pytest
from real import cache as cache_folder
from serving import first_response, started

from timetrial.catalog import App, Server, build_suite, load_catalog
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.native import NativeDriver
from timetrial.machine.ports import free_port
from timetrial.model.errors import StackFailed
from timetrial.model.suite import Stack
from timetrial.runner.driver_inputs import session_config, target_at
from timetrial.runner.starter import probe_of
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import (
    HOST,
    PreparedStack,
    build_launch,
    prepare_app,
    stack_locks,
    stack_packages,
)
from timetrial.stacks.pipelining import check_pipelines

CATALOG = load_catalog()
SUITE = build_suite(CATALOG.suite("pipelining"), CATALOG)
PROGRAMS = sorted(
    app.name for app in CATALOG.apps.values() if app.program and app.name.endswith("-hello")
)
PIPELINE = sorted({*PROGRAMS} - {"japronto-hello"})
"""japronto dies of pipelined requests to handlers that await."""
ALIKE = sorted({*PROGRAMS} - {"robyn-hello"})
"""robyn writes a Date, and leaves Connection out, whatever its app says."""
HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "content-length": "12",
    "connection": "keep-alive",
}


def parts(name: str, workers: int = 1) -> tuple[App, Server, Stack]:
    app = CATALOG.app(name)
    server = CATALOG.server(name)
    return app, server, Stack(name, name, name, "program", workers=workers, threads=1)


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where programs are built: once each, for all tests."""
    return tmp_path_factory.mktemp("built")


def launch_of(name: str, built: Path, workers: int = 1) -> Launch:
    app, server, stack = parts(name, workers)
    folder = built / name
    packages = stack_packages(server, app)
    locks = stack_locks(server, app, CATALOG)
    try:
        environment = Environments(cache_folder()).prepare(packages, locks, server.python)
    except StackFailed as failed:
        if "none is installed here" not in failed.reason:
            raise
        pytest.skip(f"{name}: {failed.reason}")
    if not folder.exists():
        prepare_app(app, environment, folder, ["program"])
    return build_launch(
        PreparedStack(stack, server, app, environment, folder),
        port=free_port(HOST),
        cpus=(0,),
        log=folder / "log",
        probe=probe_of(app.workload("hello").steps[0], stack),
    )


@pytest.fixture(scope="module")
def serving(built: Path) -> Iterator[Callable[[str], Launch]]:
    """Start a program at its first use; it serves until all tests are done."""
    with contextlib.ExitStack() as running:

        @cache
        def one(name: str) -> Launch:
            launch = launch_of(name, built)
            running.enter_context(started(launch))
            return launch

        yield one


@pytest.mark.parametrize("name", ALIKE)
def test_each_answers_with_the_same_bytes(name: str, serving: Callable[[str], Launch]) -> None:
    connection, response = first_response(serving(name))
    with contextlib.closing(connection):
        assert response.status == 200
        assert {key.lower(): value for key, value in response.getheaders()} == HEADERS
        assert response.read() == b"Hello world!"
        connection.request("GET", "/echo/some-text")
        assert connection.getresponse().read() == b"some-text"
        connection.request("GET", "/nothing")
        assert connection.getresponse().status == 404


@pytest.mark.parametrize("name", PIPELINE)
def test_each_answers_all_of_a_pipeline_in_order(
    name: str, serving: Callable[[str], Launch]
) -> None:
    launch = serving(name)
    connection, _ = first_response(launch)
    connection.close()
    check_pipelines(launch.host, launch.port, launch.probe, 16, "/echo/{token}")


@pytest.mark.parametrize(
    "name", [n for n in PIPELINE if n in SUITE.benchmark("echo-depth-5").stacks]
)
def test_each_keeps_the_order_under_load(name: str, serving: Callable[[str], Launch]) -> None:
    benchmark = SUITE.benchmark("echo-depth-5")
    launch = serving(name)
    connection, _ = first_response(launch)
    connection.close()
    target = target_at(f"{launch.host}:{launch.port}", SUITE.stack(name), benchmark)
    with NativeDriver().open([target], session_config(benchmark, ())) as session:
        counts = session.run_load(LoadSpec(0, 0.3, drain_s=30.0)).overall
    assert counts.ok == counts.arrivals > 0


@pytest.mark.parametrize("name", [n for n in PROGRAMS if CATALOG.server(n).workers.max > 1])
def test_each_that_can_serves_with_several_processes(name: str, built: Path) -> None:
    launch = launch_of(name, built, workers=3)
    with started(launch) as process:
        deadline = time.monotonic() + 60
        while len(listening(process.pid, launch.port)) < 3:
            assert time.monotonic() < deadline, launch.log.read_text("utf-8")
            time.sleep(0.05)
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            assert response.read() == b"Hello world!"


def listening(pid: int, port: int) -> set[int]:
    """List the processes of a tree that have a listening socket on that port."""
    main = psutil.Process(pid)
    found = set()
    for each in (main, *main.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            sockets = each.net_connections("tcp")
            if any(s.status == psutil.CONN_LISTEN and s.laddr.port == port for s in sockets):
                found.add(each.pid)
    return found
