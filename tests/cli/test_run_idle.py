"""Real servers that hold connections: counts and states alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

pytestmark = pytest.mark.live

CONNECTIONS = 200
SUITE = f"""
name = "few"
title = "A few idle connections"
app = "websocket"
servers = ["uvicorn", "waitress"]
workers = 2
rounds = 1
warm_up = {{ requests = 100, at_most_s = 0.6, at_least_s = 0.5 }}

[[benchmarks]]
workload = "hello"
name = "keep-alive"
connections = {CONNECTIONS}
rate = 200
hold_s = 1

[[benchmarks]]
workload = "echo"
name = "websockets"
connections = {CONNECTIONS}
rate = 200
hold_s = 1
"""


def test_servers_hold_what_they_can_and_a_row_names_who_has_no_websockets(tmp_path: Path) -> None:
    write(tmp_path, {"few.toml": SUITE})
    ended = timetrial("run", "few.toml", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    held = {
        (m.trial.cell.benchmark, m.trial.cell.stack): m.windows[0].held for m in run.measurements
    }
    assert held.keys() == {
        ("keep-alive", "uvicorn"), ("keep-alive", "waitress"), ("websockets", "uvicorn"),
    }  # fmt: skip
    for connections in held.values():
        assert connections is not None
        assert (connections.held, connections.looked_at) == (CONNECTIONS, CONNECTIONS)
        assert connections.closed == 0
        assert connections.memory_bytes > 0
        assert connections.files_left is not None
    for measurement in run.measurements:
        assert sum(measurement.by_worker) == CONNECTIONS
    assert {(f.benchmark, f.stack, f.phase) for f in run.failures} == {
        ("websockets", "waitress", "declared")
    }
    # The second benchmark of uvicorn began with processes that had held nothing.
    assert [life.stack for life in run.lives].count("uvicorn") == 2
    assert "HELD" in ended.stdout
