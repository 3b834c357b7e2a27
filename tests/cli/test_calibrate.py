"""`timetrial doctor --engine` from end to end, in short: what it says, not what it measures."""

from __future__ import annotations

import json

import pytest

from timetrial.cli.calibrate import calibrate

pytestmark = pytest.mark.live

SCALE = 0.05
CHECKS = [
    "no delay",
    "constant 5 ms",
    "lognormal 4 ms",
    "bimodal 2/20 ms",
    "freeze of 0.1 s",
    "unpipelined",
    "pipelined",
    "this machine",
]


def test_every_check_has_rows_and_the_counts_are_exact(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = calibrate(as_json=True, scale=SCALE)
    stdout, stderr = capsys.readouterr()
    data = json.loads(stdout)
    assert list(dict.fromkeys(row["check"] for row in data["rows"])) == CHECKS
    assert f"calibrating: {CHECKS[1]}: " in stderr
    assert data["ok"] is all(row["ok"] is not False or row["repeated"] for row in data["rows"])
    assert code == (0 if data["ok"] else 1)
    assert data["server_cpus"]
    assert data["generator_cpus"]
    counted = [row for row in data["rows"] if row["unit"] == "requests"]
    assert all(row["measured"] == row["truth"] for row in counted), counted
    # What connections alone drive, in a twentieth of its time, may be nothing beside others.
    assert all(row["truth"] > 0 for row in counted if "pipelined" not in row["check"]), counted
    # The bimodal's 90 % is where its slow responses begin.
    quantities = {row["quantity"] for row in data["rows"] if row["check"] == "bimodal 2/20 ms"}
    assert "service time p75" in quantities
    assert "service time p90" not in quantities
