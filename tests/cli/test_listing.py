"""`timetrial list`: what there is to choose from, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import within, write

from runs import a_run, cut_short
from timetrial.model.run import Run
from timetrial.store.store import Store

SERVER = """
name = "own"
title = "Own"
interface = "wsgi"
packages = []
command = ["{bin}/python", "-m", "own"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
"""
APP = """
name = "shop"
title = "Shop"
interfaces = { wsgi = "shop:app" }
[workloads.hello]
path = "/"
wait_ms = 20
"""
SUITE = """
name = "mine"
title = "Mine"
app = "shop"
stacks = [{ server = "own" }, { server = "waitress", name = "eight", threads = 8 }]
rounds = 3
[[benchmarks]]
workload = "hello"
connections = 1
window_ms = 50
lead_in_ms = 0
windows = 2
"""


def listed(what: str, *arguments: str, folder: Path) -> list[dict[str, Any]]:
    ended = within("list", what, "--json", *arguments, folder=folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    data: list[dict[str, Any]] = json.loads(ended.stdout)
    return data


def shown(what: str, *arguments: str, folder: Path) -> str:
    ended = within("list", what, *arguments, folder=folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> tuple[str, str]:
    """Make a catalog of the user's, and return the option that names it."""
    files = {"servers/own.toml": SERVER, "apps/shop/app.toml": APP, "suites/mine.toml": SUITE}
    write(tmp_path / "own", files)
    return "--catalog", "own"


def store(folder: Path, *runs: Run) -> None:
    with Store.open(folder / "timetrial.db") as opened:
        for run in runs:
            number = opened.create_run(run.plan, run.machine, run.facts, "0", run.created_at)
            for measurement in run.measurements:
                opened.add_trial(number, measurement)


def test_servers_tell_what_can_be_set(tmp_path: Path) -> None:
    servers = {server["name"]: server for server in listed("servers", folder=tmp_path)}
    assert {"gunicorn-gthread", "granian-wsgi", "uvicorn", "waitress"} <= servers.keys()
    assert list(servers) == sorted(servers)
    assert servers["waitress"]["interface"] == "wsgi"
    assert servers["waitress"]["threads"] == {"default": 4, "max": 256}
    assert servers["waitress"]["limits"]


def test_the_table_of_servers_has_a_line_for_each(tmp_path: Path) -> None:
    lines = shown("servers", folder=tmp_path).splitlines()
    assert lines[0].split() == ["name", "title", "interface", "workers", "threads"]
    names = [line.split(maxsplit=1)[0] for line in lines[1:] if not line.startswith(" ")]
    assert names == [server["name"] for server in listed("servers", folder=tmp_path)]


def test_apps_tell_their_interfaces_and_workloads(tmp_path: Path) -> None:
    apps = {app["name"]: app for app in listed("apps", folder=tmp_path)}
    assert apps["raw"]["interfaces"] == {
        "wsgi": "raw_app:wsgi",
        "asgi": "raw_app:asgi",
        "rsgi": "raw_app:rsgi",
    }
    assert apps["raw"]["workloads"]["wait_50ms"] == {
        "steps": [
            {"method": "GET", "paths": dict.fromkeys(("wsgi", "asgi", "rsgi"), "/wait_50ms")}
        ],
        "wait_s": 0.05,
    }
    table = shown("apps", folder=tmp_path)
    assert all(name in table for name in apps)


def test_suites_tell_their_stacks_and_benchmarks(tmp_path: Path) -> None:
    suites = {suite["name"]: suite for suite in listed("suites", folder=tmp_path)}
    assert {"quick", "baselines"} <= suites.keys()
    assert "waitress" in suites["baselines"]["stacks"]
    assert "hello" in suites["baselines"]["benchmarks"]
    table = shown("suites", folder=tmp_path)
    assert all(name in table for name in suites)


def test_what_the_user_has_is_listed_too(own: tuple[str, str], tmp_path: Path) -> None:
    servers = {server["name"]: server for server in listed("servers", *own, folder=tmp_path)}
    assert servers["own"]["title"] == "Own"
    assert "waitress" in servers
    apps = {app["name"]: app for app in listed("apps", *own, folder=tmp_path)}
    assert apps["shop"]["workloads"] == {
        "hello": {"steps": [{"method": "GET", "paths": {"wsgi": "/"}}], "wait_s": 0.02}
    }
    suites = {suite["name"]: suite for suite in listed("suites", *own, folder=tmp_path)}
    assert suites["mine"]["stacks"] == ["own", "eight"]
    assert suites["mine"]["benchmarks"] == ["hello"]
    assert "own" in shown("servers", *own, folder=tmp_path)


def test_runs_are_listed_with_how_far_they_got_the_newest_first(tmp_path: Path) -> None:
    store(tmp_path, a_run(), cut_short(a_run(), measurements=3))
    runs = listed("runs", folder=tmp_path)
    total = len(a_run().measurements)
    assert [(run["run"], run["trials"], run["failures"]) for run in runs] == [
        (2, f"3 of {total}", 0),
        (1, f"{total} of {total}", 0),
    ]
    assert {run["suite"] for run in runs} == {"quick"}
    assert shown("runs", folder=tmp_path).splitlines()[0].startswith("run")


def test_a_store_without_runs_has_none(tmp_path: Path) -> None:
    store(tmp_path)
    assert listed("runs", folder=tmp_path) == []
    assert shown("runs", folder=tmp_path) == "no runs\n"


def test_another_store_can_be_named(tmp_path: Path) -> None:
    store(tmp_path)
    (tmp_path / "timetrial.db").rename(tmp_path / "other.db")
    assert listed("runs", "--store", "other.db", folder=tmp_path) == []
    assert listed("runs", "--store", "sqlite:///other.db", folder=tmp_path) == []
