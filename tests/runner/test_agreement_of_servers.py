"""Real servers are started on one app, agree on what it answers, and are then held to that."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from evidence import numbers_in
from timetrial.catalog import App, load_catalog
from timetrial.drivers.driver import LoadSpec, SessionConfig
from timetrial.drivers.native import NativeDriver
from timetrial.model.errors import AppFailed
from timetrial.model.load import ClosedLoad
from timetrial.model.suite import Benchmark, Stack, Suite, WarmUp
from timetrial.model.workload import Request, Workload
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.runner.driver_inputs import target
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.response_consensus import agree
from timetrial.runner.starter import LiveStack, RealStarter, Starter
from timetrial.stacks.environment import Environments

CATALOG = load_catalog()
SERVERS = ("waitress", "gunicorn-gthread", "uvicorn")
SHOP = """
import secrets

def page(path, host):
    if path == "/broken":
        raise LookupError("there is no basket")
    token = secrets.token_hex(16)
    return f'<a href="http://{host}{path}"> <input value="{token}"> <p>Welcome</p>'.encode()

def wsgi(environ, start_response):
    body = page(environ["PATH_INFO"], environ["HTTP_HOST"])
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
    return [body]

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    body = page(scope["path"], dict(scope["headers"])[b"host"].decode())
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
TEMPLATE = '<a href="http://{*}/"> <input value="{*}"> <p>Welcome</p>'


def a_suite(workload: Workload) -> Suite:
    stacks = tuple(
        Stack(name, name, "shop", CATALOG.server(name).interface, workers=1, threads=2)
        for name in SERVERS
    )
    benchmark = Benchmark(
        name="saturation",
        workload=workload,
        load=ClosedLoad(2),
        stacks=SERVERS,
        window_s=0.1,
        lead_in_s=0.0,
        windows=2,
    )
    return Suite("race", "Race", stacks, (benchmark,), rounds=1, warm_up=WarmUp())


@pytest.fixture(name="prepared", scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    app = App(
        name="shop",
        title="Shop",
        folder=folder,
        packages=(),
        interfaces={"wsgi": "shop:wsgi", "asgi": "shop:asgi"},
        env={},
        setup=(),
        workloads={},
    )
    cache = Path(os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial"))
    catalog = dataclasses.replace(CATALOG, apps={app.name: app})
    suite = a_suite(workload_of(Mix((Request("/"),)), {"wsgi", "asgi"}))
    return prepare(suite, catalog, Environments(cache), folder / "work", lambda _event: None)


def starter(suite: Suite, prepared: Prepared, folder: Path, *, any_answer: bool = False) -> Starter:
    cpus = tuple(os.sched_getaffinity(0))
    return RealStarter(suite, prepared, cpus, folder, {}, any_answer=any_answer)


@contextlib.contextmanager
def running(start: Starter, suite: Suite) -> Iterator[dict[str, LiveStack]]:
    live: dict[str, LiveStack] = {}
    try:
        for stack in suite.stacks:
            live[stack.name] = start(stack, 0)
        yield live
    finally:
        for each in live.values():
            each.stop()


def test_servers_agree_and_then_answer_as_is_expected_to_probes_and_under_load(
    prepared: Prepared, tmp_path: Path
) -> None:
    mix = Mix((Request("/", weight=2), Request("/items?page=2")), name="2 paths")
    suite = a_suite(workload_of(mix, {"wsgi", "asgi"}))
    with running(starter(suite, prepared, tmp_path, any_answer=True), suite) as live:
        agreed = agree(mix, live, suite.stacks)
    assert not agreed.disagreements
    assert not agreed.failed
    assert [each.how for each in agreed.seen] == ["template", "template"]
    assert agreed.workload.expect.body_template == TEMPLATE

    suite = a_suite(agreed.workload)
    (benchmark,) = suite.benchmarks
    with running(starter(suite, prepared, tmp_path), suite) as live:
        targets = [target(live[stack.name], stack, benchmark) for stack in suite.stacks]
        setting = SessionConfig(connections=2, cpus=(), timeout_s=10.0)
        with NativeDriver(1).open(targets, setting) as session:
            for place in range(len(targets)):
                result = session.run_load(LoadSpec(place, window_s=20.0, max_requests=60))
                assert result.overall.ok == result.overall.arrivals >= 60


def test_an_app_that_fails_is_told_from_servers_that_do(prepared: Prepared, tmp_path: Path) -> None:
    mix = Mix((Request("/broken"),), name="/broken")
    suite = a_suite(workload_of(mix, {"wsgi", "asgi"}))
    with (
        running(starter(suite, prepared, tmp_path, any_answer=True), suite) as live,
        pytest.raises(AppFailed) as failed,
    ):
        agree(mix, live, suite.stacks)
    assert numbers_in(str(failed.value)) == [500, 3]
    assert "LookupError" in str(failed.value)
    assert "raise LookupError" in failed.value.detail
    assert "site-packages" not in failed.value.detail
