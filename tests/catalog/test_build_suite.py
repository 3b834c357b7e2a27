"""From the manifest of a suite to the suite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from timetrial.catalog import (
    BenchmarkManifest,
    Catalog,
    StackManifest,
    SuiteManifest,
    build_suite,
    load_catalog,
)
from timetrial.model.load import ClosedLoad
from timetrial.model.suite import Stack, WarmUp

HELLO = BenchmarkManifest(
    workload="hello", connections=8, window_ms=150.0, lead_in_ms=50.0, windows=4
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_the_quick_suite_is_five_servers_in_two_benchmarks(catalog: Catalog) -> None:
    suite = build_suite(catalog.suite("quick"), catalog)
    assert [stack.name for stack in suite.stacks] == [
        "gunicorn-sync",
        "gunicorn-gthread",
        "gunicorn-gevent",
        "uvicorn",
        "granian-asgi",
    ]
    assert {stack.workers for stack in suite.stacks} == {2}
    assert suite.rounds == 4
    assert suite.warm_up == WarmUp(1_000, 0.6, 0.5)
    query, wait = suite.benchmarks
    assert (query.load, query.window_s, query.lead_in_s, query.windows) == (
        ClosedLoad(16),
        0.15,
        0.05,
        4,
    )
    assert (wait.load, wait.window_s, wait.lead_in_s, wait.windows) == (ClosedLoad(32), 1, 0.11, 2)


def test_the_baselines_take_every_server(catalog: Catalog) -> None:
    suite = build_suite(catalog.suite("baselines"), catalog)
    themselves = [f"{name}-hello" for name in ("aiohttp", "robyn", "sanic", "tornado")]
    assert sorted(stack.server for stack in suite.stacks) == sorted([*catalog.servers, *themselves])
    assert suite.benchmarks[0].stacks == tuple(stack.name for stack in suite.stacks)


def test_workers_and_threads_stay_within_what_a_server_can(catalog: Catalog) -> None:
    manifest = SuiteManifest(
        name="mine",
        title="Mine",
        app="raw",
        servers=("waitress", "uvicorn", "gunicorn-gthread"),
        workers=3,
        threads=6,
        rounds=5,
        benchmarks=(HELLO,),
    )
    settings = {
        stack.name: (stack.workers, stack.threads)
        for stack in build_suite(manifest, catalog).stacks
    }
    assert settings == {"waitress": (1, 6), "uvicorn": (3, 1), "gunicorn-gthread": (3, 6)}


def test_without_a_word_from_the_suite_the_servers_defaults_hold(catalog: Catalog) -> None:
    manifest = SuiteManifest(
        name="mine",
        title="Mine",
        app="raw",
        servers=("gunicorn-gthread",),
        rounds=5,
        benchmarks=(HELLO,),
    )
    (stack,) = build_suite(manifest, catalog).stacks
    plain = Stack("gunicorn-gthread", "gunicorn-gthread", "raw", "wsgi", 2, 4)
    assert replace(stack, limits=()) == plain


def test_a_stack_overrides_what_the_suite_says(catalog: Catalog) -> None:
    manifest = SuiteManifest(
        name="mine",
        title="Mine",
        app="raw",
        servers=("uvicorn",),
        stacks=(StackManifest(server="uvicorn", name="uvicorn-1", workers=1),),
        workers=4,
        rounds=5,
        benchmarks=(HELLO,),
    )
    stacks = build_suite(manifest, catalog).stacks
    assert [(stack.name, stack.workers) for stack in stacks] == [("uvicorn", 4), ("uvicorn-1", 1)]


def test_a_benchmark_has_only_stacks_that_the_workload_has_a_path_for(tmp_path: Path) -> None:
    app = tmp_path / "apps" / "mixed"
    app.mkdir(parents=True)
    (app / "app.toml").write_text(
        'name = "mixed"\ntitle = "Mixed"\n'
        'interfaces = { wsgi = "mixed:wsgi", asgi = "mixed:asgi" }\n'
        '[workloads.hello]\npath = { asgi = "/hello" }\n',
        encoding="utf-8",
    )
    catalog = load_catalog(tmp_path)
    manifest = SuiteManifest(
        name="mine",
        title="Mine",
        app="mixed",
        servers=("waitress", "uvicorn"),
        rounds=5,
        benchmarks=(HELLO,),
    )
    assert build_suite(manifest, catalog).benchmarks[0].stacks == ("uvicorn",)
