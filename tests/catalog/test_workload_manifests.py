"""What workloads, loads and profiles of suites can say, and what they are told when they err."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from evidence import numbers_in
from timetrial.catalog import build_suite, load_catalog
from timetrial.model.errors import ManifestError, UnknownName
from timetrial.model.load import CapacityShareLoad, ClosedLoad, OpenLoad, ThinkTime, VirtualUsers
from timetrial.model.suite import Benchmark, DraftSuite
from timetrial.model.workload import Expectation, Step

APP = """
name = "shop"
title = "Shop"
interfaces = { wsgi = "shop:app", asgi = "shop:asgi" }

[[workloads.visit.steps]]
path = "/"
think_ms = 100

[[workloads.visit.steps]]
name = "order"
path = { wsgi = "/order", asgi = "/async/order" }
method = "POST"
headers = { Content-Type = "application/json" }
body = '{"item": 1}'
wait_ms = 20
think_ms = { low = 10, high = 30 }
expect = { status = 201, body_template = '{"order": {*}}' }

[workloads.home]
path = "/"
echo = "/echo/{token}"
expect = { body = "hello" }
"""
OTHER_APP = """
name = "kiosk"
title = "Kiosk"
interfaces = { wsgi = "kiosk:app" }
[workloads.home]
path = "/"
echo = "/echo/{token}"
expect = { body = "hello" }
"""
PROGRAM = """
name = "itself"
title = "A server of its own"
[program]
command = ["{bin}/python", "serve.py", "{host}", "{port}"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
python = ["3.7", "3.6"]
[workloads.home]
path = "/"
expect = { body = "hello" }
"""
SUITE = """
name = "mine"
title = "Mine"
app = "shop"
servers = ["uvicorn", "gunicorn-gthread"]
rounds = 3
"""
WINDOWS = "window_ms = 150\nlead_in_ms = 50\nwindows = 4"


def benchmark(workload: str, *lines: str) -> str:
    return "\n".join(["[[benchmarks]]", f'workload = "{workload}"', *lines, ""])


def built(
    folder: Path, *benchmarks: str, suite: str = SUITE, profile: str = "fair", app: str = APP
) -> DraftSuite:
    files = {
        "apps/shop/app.toml": app,
        "apps/kiosk/app.toml": OTHER_APP,
        "apps/itself/app.toml": PROGRAM,
        "suites/mine.toml": "\n".join([suite, *benchmarks]),
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    catalog = load_catalog(folder)
    return build_suite(catalog.suite("mine"), catalog, profile, server_cpus=1)


def only(suite: DraftSuite) -> Benchmark:
    (found,) = suite.benchmarks
    return found


def refused(folder: Path, *benchmarks: str, suite: str = SUITE, app: str = APP) -> str:
    with pytest.raises(ManifestError) as caught:
        built(folder, *benchmarks, suite=suite, app=app)
    return str(caught.value).removeprefix(f"{folder}/suites/mine.toml: ")


def test_steps_keep_their_order_and_all_that_they_say(tmp_path: Path) -> None:
    suite = built(tmp_path, benchmark("visit", "users = 10", "duration_s = 5"))
    home, order = only(suite).workload.steps
    assert home.think == ThinkTime(0.1)
    assert order == Step(
        paths={"wsgi": "/order", "asgi": "/async/order"},
        expect=Expectation(201, body_template='{"order": {*}}'),
        method="POST",
        headers={"Content-Type": "application/json"},
        body='{"item": 1}',
        think=ThinkTime(0.01, 0.03),
        wait_s=0.02,
        name="order",
    )


def test_users_are_driven_in_whole_trials(tmp_path: Path) -> None:
    found = only(built(tmp_path, benchmark("visit", "users = 10", "duration_s = 5", "repeats = 2")))
    assert found.load == VirtualUsers(10)
    assert (found.mode, found.window_s, found.windows) == ("whole", 5.0, 2)


def test_a_rate_is_driven_in_whole_trials(tmp_path: Path) -> None:
    lines = ("rate = 200", 'arrival = "constant"', "duration_s = 3", "lead_in_ms = 500")
    found = only(built(tmp_path, benchmark("home", *lines)))
    assert found.load == OpenLoad(200.0, "constant")
    assert (found.mode, found.window_s, found.lead_in_s) == ("whole", 3.0, 0.5)


def test_a_share_of_capacity_is_a_rate_that_is_yet_to_be_found(tmp_path: Path) -> None:
    lines = ("share_of_capacity = 0.5", "duration_s = 3", "connections = 200")
    found = only(built(tmp_path, benchmark("home", *lines)))
    assert found.load == CapacityShareLoad(0.5, connections=200)
    assert (found.mode, found.window_s) == ("whole", 3.0)


def test_what_waits_for_long_has_no_capacity_to_take_a_share_of(tmp_path: Path) -> None:
    app = APP.replace("wait_ms = 20", "wait_ms = 2000")
    lines = benchmark("visit", "share_of_capacity = 0.5", "duration_s = 3")
    assert refused(tmp_path, lines, app=app) == (
        "benchmarks[0].share_of_capacity: is for what a server can bear; 'visit' waits for a "
        "second or more"
    )


def test_connections_alternate_in_windows_by_default(tmp_path: Path) -> None:
    found = only(built(tmp_path, benchmark("home", "connections = 8", "pipeline = 5", WINDOWS)))
    assert found.load == ClosedLoad(8, pipeline=5)
    assert (found.mode, found.window_s, found.windows) == ("alternate", 0.15, 4)
    assert found.workload.echo_paths["wsgi"] == "/echo/{token}"


def test_each_request_may_have_a_connection_of_its_own(tmp_path: Path) -> None:
    lines = ("connections = 8", "fresh_connections = true", WINDOWS)
    assert only(built(tmp_path, benchmark("home", *lines))).load == ClosedLoad(
        8, fresh_connections=True
    )


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["duration_s = 5"], "needs connections, a rate or users: they say what load it is"),
        (["users = 3"], "needs duration_s: users and rates are driven in whole trials"),
        (["connections = 3"], "needs window_ms and windows and lead_in_ms, or duration_s"),
        (["users = 3", "rate = 5", "duration_s = 5"], "has rate, which do not go with users"),
        (["connections = 3", "duration_s = 5", "windows = 2"], "has windows, which do not go"),
        (["share_of_capacity = 0.5"], "needs duration_s: users and rates are driven in whole"),
        (
            ["share_of_capacity = 0.5", "rate = 5", "duration_s = 5"],
            "has rate, which do not go with share_of_capacity",
        ),
        (
            ["users = 3", "share_of_capacity = 0.5", "duration_s = 5"],
            "has share_of_capacity, which do not go with users",
        ),
        (
            ["share_of_capacity = 0.5", 'mode = "duet"', "lead_in_ms = 5"],
            "has mode 'duet', which takes a closed load: connections alone",
        ),
        (
            ["connections = 3", "pipeline = 2", "fresh_connections = true", "duration_s = 5"],
            "has fresh_connections and a pipeline, which exclude each other",
        ),
    ],
)
def test_a_benchmark_is_one_load_of_one_length(
    tmp_path: Path, lines: list[str], problem: str
) -> None:
    assert f"benchmarks[0]: {problem}" in refused(tmp_path, benchmark("home", *lines))


def test_a_workload_has_a_path_or_steps_not_both(tmp_path: Path) -> None:
    suite = SUITE.replace('app = "shop"', 'app = "kiosk"').replace('"uvicorn", ', "")
    own = '[workloads.home]\npath = "/"\n[[workloads.home.steps]]\npath = "/b"\n'
    told = refused(tmp_path, own, benchmark("home", "connections = 1", WINDOWS), suite=suite)
    assert told == "workloads.home: has steps, so that path must stand in each of them"


def test_stacks_of_several_apps_share_a_workload(tmp_path: Path) -> None:
    suite = SUITE + '[[stacks]]\nname = "other"\napp = "kiosk"\nserver = "waitress"\n'
    found = built(tmp_path, benchmark("home", "connections = 8", WINDOWS), suite=suite)
    assert [stack.app for stack in found.stacks] == ["shop", "shop", "kiosk"]
    assert only(found).stacks == ("uvicorn", "gunicorn-gthread", "other")


def test_a_workload_that_means_something_else_to_another_app_is_refused(tmp_path: Path) -> None:
    suite = SUITE + '[[stacks]]\nname = "raw"\napp = "raw"\nserver = "waitress"\n'
    own = APP.replace("workloads.home", "workloads.hello")
    lines = benchmark("hello", "connections = 8", WINDOWS)
    told = refused(tmp_path, lines, suite=suite, app=own)
    assert told == ("benchmarks[0].workload: 'hello' is not the same for 'uvicorn' and 'raw'")


def test_an_app_that_serves_itself_needs_no_server(tmp_path: Path) -> None:
    suite = SUITE + '[[stacks]]\napp = "itself"\n'
    found = built(tmp_path, benchmark("home", "connections = 8", WINDOWS), suite=suite)
    stack = found.stack("itself")
    assert (stack.server, stack.interface, stack.workers) == ("itself", "program", 1)
    assert load_catalog(tmp_path).server("itself").python == ("3.7", "3.6")


def test_an_app_that_does_not_serve_itself_needs_one(tmp_path: Path) -> None:
    suite = SUITE + '[[stacks]]\napp = "kiosk"\n'
    told = refused(tmp_path, benchmark("home", "connections = 8", WINDOWS), suite=suite)
    assert (
        told == "stacks[0].server: this key is missing, and the app 'kiosk' does not serve itself"
    )


def test_a_benchmark_may_be_for_some_stacks(tmp_path: Path) -> None:
    lines = ("connections = 8", WINDOWS, 'stacks = ["uvicorn"]')
    assert only(built(tmp_path, benchmark("home", *lines))).stacks == ("uvicorn",)
    told = refused(tmp_path, benchmark("home", "connections = 8", WINDOWS, 'stacks = ["unicorn"]'))
    assert "benchmarks[0].stacks[0]: there is no stack in suite 'mine' called 'unicorn'" in told


def test_a_stack_has_variables_of_its_own(tmp_path: Path) -> None:
    suite = SUITE + '[[stacks]]\nname = "a"\nserver = "waitress"\nenv = { MODE = "slow" }\n'
    found = built(tmp_path, benchmark("home", "connections = 8", WINDOWS), suite=suite)
    assert found.stack("a").env == {"MODE": "slow"}


PUBLISHED = """
[profiles.published]
workers = 20
rounds = 1
[[profiles.published.benchmarks]]
workload = "home"
connections = 2000
duration_s = 10
"""


def test_a_profile_is_another_set_of_loads(tmp_path: Path) -> None:
    fair = benchmark("home", "connections = 8", WINDOWS)
    suite = built(tmp_path, fair, PUBLISHED, profile="published")
    assert (suite.profile, suite.rounds) == ("published", 1)
    assert only(suite).load == ClosedLoad(2000)
    assert only(suite).mode == "whole"
    assert only(built(tmp_path, fair, PUBLISHED)).load == ClosedLoad(8)


def test_published_workers_shrink_to_the_machine_and_it_is_said(tmp_path: Path) -> None:
    fair = benchmark("home", "connections = 8", WINDOWS)
    suite = built(tmp_path, fair, PUBLISHED, profile="published")
    assert {stack.workers for stack in suite.stacks} == {2}
    (note,) = suite.notes
    assert numbers_in(note)[:2] == [20, 1]
    assert built(tmp_path, fair, PUBLISHED).notes == ()


def test_an_unknown_profile_gets_a_list_of_profiles(tmp_path: Path) -> None:
    fair = benchmark("home", "connections = 8", WINDOWS)
    with pytest.raises(UnknownName) as refusal:
        built(tmp_path, fair, PUBLISHED, profile="publish")
    assert (refusal.value.kind, refusal.value.name) == ("profile of suite 'mine'", "publish")
    assert "published" in refusal.value.known


def test_a_profile_is_checked_like_the_suite(tmp_path: Path) -> None:
    wrong = PUBLISHED.replace('"home"', '"hom"')
    told = refused(tmp_path, benchmark("home", "connections = 8", WINDOWS), wrong)
    assert told.startswith("profiles.published.benchmarks[0].workload: ")
    assert "'hom'" in told


def test_stacks_differ_in_name_by_whatever_they_serve() -> None:
    catalog = load_catalog()
    for manifest in catalog.suites.values():
        for name in ("fair", *manifest.profiles):
            suite = build_suite(manifest, catalog, name)
            names = [stack.name for stack in suite.stacks]
            assert not [a for a, b in itertools.pairwise(sorted(names)) if a == b]
