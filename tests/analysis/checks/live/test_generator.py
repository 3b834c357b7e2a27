"""A generator at its end: what it measures is a lower bound."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from live_runs import SHORT_WINDOWS, Faulty, Told, measured, placement
from responder_server import BODY_BYTES

pytestmark = pytest.mark.live

PROGRAM = """
name = "{name}"
title = "Faster than the generator"
packages = []

[program]
command = ["{python}", "{server}", "{{port}}", "{cpu}"]
keep_alive = true
shares_port = false
workers = {{ default = 1, max = 1 }}
threads = {{ default = 1, max = 1 }}

[workloads.long]
path = "/"
expect = {{ body_template = "{{*}}{tail}" }}
"""
LONG = """
[[benchmarks]]
workload = "long"
connections = 8
window_ms = 200
lead_in_ms = 30
windows = 4
"""


@pytest.fixture(name="told", scope="module")
def _told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("generator")
    server = Path(__file__).with_name("responder_server.py")
    app = PROGRAM.format(
        name="fast",
        python=sys.executable,
        server=server,
        cpu=placement().server_cpus[0],
        tail="x" * (BODY_BYTES // 2),
    )
    file = folder / "own" / "apps" / "fast" / "app.toml"
    file.parent.mkdir(parents=True)
    file.write_text(app, encoding="utf-8")
    stacks = (Faulty("none"), Faulty("fast", app="fast"))
    return measured(folder, stacks, SHORT_WINDOWS + LONG, rounds=1)


def test_a_generator_without_time_left_is_seen(told: Told) -> None:
    found = told.findings("fast", "long")
    # Beside other processes it does not get the time that it could use, or its server does not,
    # and that is said instead.
    assert "generator-saturated" in found or told.is_disturbed("fast", "long")
    if "generator-saturated" in found:
        assert told.row("fast", "long").generator_cpu_share > 0.7


def test_a_generator_with_time_left_is_left_in_peace(told: Told) -> None:
    assert "generator-saturated" not in told.findings("none")
