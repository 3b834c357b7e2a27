"""The scripts that record do so, on real servers; figures are of no interest here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import counted
import duet_bias
import fault_rounds
from drawing import NoPlots, draw
from faults import FAULTS
from found import Found
from recorded import read
from resampling import Share
from timetrial.stacks.counters.valgrind import find_valgrind

METHOD = Path(duet_bias.__file__).parent
ONE_ROUND = ("--rounds", "1")


def recorded(script: str, data: Path, *options: str) -> str:
    """Run a script with two rounds at most; return what it said on the way."""
    command = [sys.executable, str(METHOD / script), "--quick", "--data", str(data), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


@pytest.mark.live
def test_equal_stacks_are_recorded_beside_a_foreign_process(tmp_path: Path) -> None:
    said = recorded("record.py", tmp_path, *ONE_ROUND, "--foreign", "0.3")
    assert "alike: round 1" in said
    found = read(tmp_path / "alike-foreign.json")
    assert (found.conditions["foreign"], found.conditions["foreign_on"]) == (0.3, "server")
    assert found.rounds[0].stacks == 4
    assert found.cost_s("two") < found.cost_s("four")


@pytest.mark.soak
def test_known_differences_are_calibrated_and_recorded(tmp_path: Path) -> None:
    recorded("known_difference.py", tmp_path, *ONE_ROUND)
    found = read(tmp_path / "known.json")
    spins = found.conditions["spins"]
    assert spins["base"] < spins["+10%"]
    assert spins["+1%"] > 0
    # Beside others two short rounds may not get beyond the requests that are settled first.
    assert {*found.conditions["costs"]} <= {*spins}


@pytest.mark.live
def test_a_stall_is_seen_by_who_times_from_when_requests_were_due(tmp_path: Path) -> None:
    recorded("stall.py", tmp_path)
    figures = json.loads((tmp_path / "stall.json").read_text("utf-8"))
    assert figures["due"] > figures["sent"]
    assert figures["due"] > 150


@pytest.mark.live
def test_long_runs_are_recorded_second_by_second(tmp_path: Path) -> None:
    recorded("naive.py", tmp_path, *ONE_ROUND)
    runs = json.loads((tmp_path / "naive.json").read_text("utf-8"))["runs"]
    assert {len(run) for run in runs} == {3}


def test_plots_are_drawn(tmp_path: Path) -> None:
    found = Found(
        curves={"quiet, duet, 1 min": [(0.1, 0.2), (1.0, 0.9)]},
        alarms={"quiet: duet": Share(5, 100)},
        duets={"uvicorn / gevent: duet": (0.5, -0.5, 1.5)},
    )
    try:
        files = draw(tmp_path, found)
    except NoPlots as reason:
        pytest.skip(str(reason))
    assert len(files) == 3
    assert all((tmp_path / file).read_text("utf-8").startswith("<?xml") for file in files)


@pytest.mark.soak
def test_duets_of_unlike_stacks_are_recorded(tmp_path: Path) -> None:
    recorded("duet_bias.py", tmp_path, *ONE_ROUND)
    found = read(tmp_path / duet_bias.FILE)
    assert found.rounds[0].stacks == len(duet_bias.STACKS)


@pytest.mark.soak
def test_rounds_with_each_fault_are_recorded(tmp_path: Path) -> None:
    said = recorded("fault_rounds.py", tmp_path, *ONE_ROUND)
    assert "CPU: round 1" in said
    found = fault_rounds.read(tmp_path / fault_rounds.FILE).rounds
    assert {*found} == {fault.name for fault in FAULTS}
    counts = [window.counts for each in found["errors"] for window in each.windows]
    arrivals, failed = sum(each.arrivals for each in counts), sum(each.failed for each in counts)
    assert arrivals / 300 <= failed <= arrivals / 33


@pytest.mark.soak
@pytest.mark.skipif(
    find_valgrind() is None, reason="Valgrind is not installed (apt-get install valgrind)"
)
def test_starts_are_counted(tmp_path: Path) -> None:
    said = recorded("count_starts.py", tmp_path)
    assert said.startswith("1 starts, ")
    (server,) = counted.read(tmp_path / counted.QUIET).starts
    found = counted.read(tmp_path / counted.QUIET)
    assert (found.number(server, 0), found.failures) == (1, [])
    assert "0 starts, " in recorded("count_starts.py", tmp_path)
