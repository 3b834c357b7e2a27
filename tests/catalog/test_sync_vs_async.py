"""The apps of the suite sync-vs-async: one answer from all, and as many questions as asked."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from real import environment_for
from serving import first_response, started

from timetrial.catalog import build_suite, load_catalog
from timetrial.machine.ports import free_port
from timetrial.model.suite import Stack
from timetrial.runner.starter import probe_of
from timetrial.stacks.answer import Answer, mistake
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import HOST, PreparedStack, build_launch

CATALOG = load_catalog()
SUITE = build_suite(CATALOG.suite("sync-vs-async"), CATALOG)
DELAY_S = 0.3
STACKS = [
    "sync-2",
    "gthread-httpcore-2",
    "donkey-patched-2",
    "uvicorn-2",
    "uvicorn-aiohttp-2",
    "stupid-async-2",
]


@dataclass
class Database:
    url: str
    delay_s: float = 0.0
    connections: set[int] = field(default_factory=set)
    questions: int = 0
    in_flight: int = 0
    most_at_once: int = 0

    def forget(self) -> None:
        """Count from zero, for the next test."""
        self.delay_s = 0.0
        self.connections.clear()
        self.questions = self.most_at_once = 0


@contextlib.contextmanager
def database() -> Iterator[Database]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                seen.questions += 1
                seen.in_flight += 1
                seen.most_at_once = max(seen.most_at_once, seen.in_flight)
                seen.connections.add(self.client_address[1])
            time.sleep(seen.delay_s)
            with lock:
                seen.in_flight -= 1
            body = json.dumps({"timestamp": 1.5, "data": 0.25}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    seen = Database(f"http://{HOST}:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Served:
    """A stack that runs, and the databases that its app asks."""

    name: str
    launch: Launch
    slow: Database
    quick: Database


@pytest.fixture(name="running", scope="module")
def _running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Start the stack that the tests name; those that name the same one share it."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    stack: Stack = SUITE.stack(name)
    app, server = CATALOG.app(stack.app), CATALOG.server(stack.server)
    environment = environment_for(stack.server, app)
    with database() as slow, database() as quick:
        urls = {"DATABASE_URL": slow.url, "QUICK_DATABASE_URL": quick.url}
        launch = build_launch(
            PreparedStack(stack, server, dataclasses.replace(app, env=urls), environment, folder),
            port=free_port(HOST),
            cpus=(0,),
            log=folder / "log",
            probe=probe_of(app.workload("visit").steps[0], stack),
        )
        with started(launch):
            yield Served(name, launch, slow, quick)


@pytest.fixture(name="served")
def _served(running: Served) -> Served:
    running.slow.forget()
    running.quick.forget()
    return running


def ask(launch: Launch, path: str) -> Answer:
    connection, _ = first_response(launch)
    connection.close()
    connection.request("GET", path)
    response = connection.getresponse()
    with contextlib.closing(connection):
        return Answer(response.status, response.read())


@pytest.mark.parametrize("running", STACKS, indirect=True)
def test_each_app_answers_alike(served: Served) -> None:
    stack = SUITE.stack(served.name)
    workloads = CATALOG.app(stack.app).workloads
    for workload in ("visit", "quick_visit", "four_calls", "four_calls_in_turn"):
        for step in workloads[workload].steps:
            probe = probe_of(step, stack)
            assert mistake(ask(served.launch, probe.path), probe.expect) is None
    assert (served.slow.questions, served.quick.questions) == (9, 1)
    assert ask(served.launch, "/nothing").status == 404


@pytest.mark.parametrize("running", [*STACKS, "gthread-1", "gthread-4-threads-1"], indirect=True)
def test_each_app_answers_in_every_benchmark_of_its_stack(served: Served) -> None:
    benchmarks = [benchmark for benchmark in SUITE.benchmarks if served.name in benchmark.stacks]
    for benchmark in benchmarks:
        for step in benchmark.workload.steps:
            probe = probe_of(step, SUITE.stack(served.name))
            assert mistake(ask(served.launch, probe.path), probe.expect) is None, benchmark.name
    assert benchmarks


def test_all_apps_do_the_same_work() -> None:
    works = set()
    for name in dict.fromkeys(stack.app for stack in SUITE.stacks):
        code = ast.parse((CATALOG.app(name).folder / f"{name.replace('-', '_')}.py").read_text())
        parts = [part for part in code.body if "ROUNDS_A_UNIT" in ast.unparse(part)]
        works.add(tuple(ast.unparse(part) for part in parts))
    ((rounds, work),) = works
    assert rounds.startswith("ROUNDS_A_UNIT = ")
    assert work.startswith("def work(units):")


@pytest.mark.parametrize(
    ("running", "at_once"),
    [("sync-2", 1), ("stupid-async-2", 1), ("donkey-patched-2", 4), ("uvicorn-2", 4)],
    indirect=["running"],
)
def test_questions_are_gathered_where_the_app_can(served: Served, at_once: int) -> None:
    served.slow.delay_s = DELAY_S
    ask(served.launch, "/api?calls=4&gathered=yes")
    assert (served.slow.questions, served.slow.most_at_once) == (4, at_once)


@pytest.mark.parametrize(
    ("running", "connections"), [("sync-2", 4), ("gthread-httpcore-2", 1)], indirect=["running"]
)
def test_urllib_asks_over_a_new_connection_each_time_and_the_pool_over_one(
    served: Served, connections: int
) -> None:
    ask(served.launch, "/api?calls=4")
    assert len(served.slow.connections) == connections
