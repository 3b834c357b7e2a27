"""Real runs that stop when they have been asked to: by what is known, or by the clock."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from command_line import started, survivors, timetrial
from small_runs import HELLO, stored, write_suite

from timetrial.goal import Budget, Precision, Watch
from timetrial.stats.design import LOOKS
from timetrial.stopping import taken_s

pytestmark = pytest.mark.live

PAIR = ("gunicorn-gthread", "waitress")
# Longer than elsewhere: in twelve rounds and more, no window may be lost to a busy machine.
LONG_HELLO = HELLO.replace("window_ms = 80", "window_ms = 300").replace(
    "windows = 4", "windows = 2"
)
AT_MOST_S = 400


def test_a_precision_ends_the_run_at_a_look(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, PAIR, LONG_HELLO, rounds=2)
    with started(*arguments, "--precision", "50%", folder=tmp_path) as process:
        stdout, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 0, stderr
    run = stored(tmp_path)
    assert run.plan.suite.goal == Precision(0.5)
    assert len(run.plan.rounds) == 32
    done = run.rounds_due()
    assert {measurement.trial.round for measurement in run.measurements} == {*range(1, done + 1)}
    assert done in LOOKS
    assert bool(run.stops) == (done < LOOKS[-1])
    assert run.pending() == ()
    assert "interrupted" not in stdout
    assert "after round 5 of " in stderr
    assert "provisional; about " in stderr
    assert ("hello ends after round " in stderr) == bool(run.stops)
    page = (tmp_path / "timetrial-reports" / "run-1.html").read_text("utf-8")
    assert "This run was interrupted" not in page
    again = timetrial("report", "--json", folder=tmp_path)
    (table,) = json.loads(again.stdout)["summary"]["tables"]
    metrics = {comparison["metric"] for comparison in table["comparisons"]}
    # A round without any response, on a machine that is too busy, would leave throughput out.
    assert {"p50_ns", "cpu_s_per_1000", "memory_bytes"} <= metrics
    assert not any(comparison["provisional"] for comparison in table["comparisons"])
    listed = timetrial("list", "runs", "--json", folder=tmp_path)
    assert json.loads(listed.stdout)[0]["trials"] == f"{2 * done} of {2 * done}"
    assert survivors(tmp_path) == []


def test_a_budget_is_filled_and_kept(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, PAIR, LONG_HELLO, rounds=2)
    with started(*arguments, "--budget", "15s", folder=tmp_path) as process:
        _, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 0, stderr
    run = stored(tmp_path)
    assert run.plan.suite.goal == Budget(15)
    done = run.rounds_due()
    assert done >= 1
    assert run.pending() == ()
    assert [stop.contest for stop in run.stops] == ["hello"]
    # Another round of the average length would have gone beyond it.
    assert taken_s(run) * (done + 1) / done > 15
    assert f"hello ends after round {done}: another round would not fit into 15 s" in stderr


def test_a_run_that_is_resumed_keeps_its_budget(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, PAIR, LONG_HELLO, rounds=2)
    with started(*arguments, "--budget", "12s", folder=tmp_path) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("1 of "):
                break
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    before = stored(tmp_path)
    assert before.pending()
    with started("run", "--resume", "1", "--catalog", "own", folder=tmp_path) as process:
        process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 0
    after = stored(tmp_path)
    assert after.plan == before.plan
    assert after.pending() == ()
    assert after.rounds_due() < len(after.plan.rounds)
    assert survivors(tmp_path) == []


def test_ctrl_c_is_the_end_of_a_run_that_is_watched(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, PAIR, HELLO, rounds=2)
    with started(*arguments, "--watch", folder=tmp_path) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if ": round 4, " in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0, stdout
    run = stored(tmp_path)
    assert run.plan.suite.goal == Watch()
    assert run.rounds_due() >= 3
    assert run.pending() == ()
    assert "was interrupted" not in stdout
    assert "Rounds went on until the run was ended by hand" in " ".join(stdout.split())
    assert survivors(tmp_path) == []
