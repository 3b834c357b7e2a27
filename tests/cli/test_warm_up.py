"""Real stacks that become faster for a while, or not, and what a run says of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

from other_processes import disturbed
from timetrial.analysis.checks.thresholds import NOT_STEADY
from timetrial.analysis.summarize import summarize

pytestmark = pytest.mark.live

APP = """
name = "{name}"
title = "An app of the user's"
packages = []
interfaces = {{ asgi = "{name}_app:app" }}

[workloads.hello]
path = "/"
expect = {{ body = "Hello world!" }}
"""
CODE = """
import asyncio
import random
import time

REQUESTS_BEFORE = 20  # more than it is asked before its warm-up begins
times_s = []


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    times_s.append(time.monotonic())
    began_s = times_s[REQUESTS_BEFORE] if len(times_s) > REQUESTS_BEFORE else times_s[-1]
    passed_s = times_s[-1] - began_s
    await asyncio.sleep({delay_s} * random.uniform(0.5, 1.5))
    headers = [(b"content-length", b"12")]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": b"Hello world!"}})
"""
SUITE = """
name = "warming"
title = "Warming"
stacks = [
  { server = "uvicorn", app = "warming", name = "warming" },
  { server = "uvicorn", app = "steady", name = "steady" },
]
workers = 1
rounds = 2
warm_up = { requests = 100000, at_most_s = 1.5, at_least_s = 1.5 }

[[benchmarks]]
workload = "hello"
connections = 32
window_ms = 80
lead_in_ms = 20
windows = 2
"""
DELAYS_S = {"warming": "(0.06 if passed_s < 1.1 else 0.012)", "steady": "0.02"}


def test_a_stack_that_gets_faster_late_is_marked_and_a_steady_one_is_not(tmp_path: Path) -> None:
    for name, delay_s in DELAYS_S.items():
        write(
            tmp_path,
            {
                f"own/apps/{name}/app.toml": APP.format(name=name),
                f"own/apps/{name}/{name}_app.py": CODE.format(delay_s=delay_s),
                "own/suites/warming.toml": SUITE,
            },
        )
    ended = timetrial(
        "run", "warming", "--catalog", "own", "--seed", "1", "--details", folder=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    for life in run.lives:
        (series,) = life.warm_up
        assert series.benchmark == "hello"
        assert sum(series.completions) > 100
        assert series.length_s > 1.0
        assert all(cpu_s is not None for cpu_s in series.server_cpu_s)
    (table,) = summarize(run).tables
    found = {f.cell.stack: f.severity for f in table.findings if f.name == NOT_STEADY.name}
    # Of a server that is kept waiting meanwhile nobody knows whether it was steady.
    assert found.get("warming") == "doubtful" or disturbed(table.findings, "warming")
    assert "steady" not in found or disturbed(table.findings, "steady")
    assert (f"doubtful: {NOT_STEADY.name}  warming: " in ended.stdout) == (
        set(found) == {"warming"}
    )
