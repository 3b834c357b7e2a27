"""`timetrial run` with rates that a pilot finds, on real servers."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from command_line import started, survivors, timetrial
from small_runs import stored, write_suite

from timetrial.load import RateLoad
from timetrial.pilot import rounded

pytestmark = pytest.mark.live

HALF = """
[[contests]]
name = "half"
workload = "hello"
share_of_capacity = 0.5
duration_s = 1
"""
TENTH = HALF.replace('"half"', '"tenth"').replace("0.5", "0.1")
SERVERS = ("gunicorn-gthread", "waitress", "broken")


def test_the_slowest_stack_of_a_pilot_sets_one_rate_for_all(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, SERVERS, HALF, TENTH, rounds=1)
    ended = timetrial(*arguments, folder=tmp_path)
    assert ended.returncode == 3, "one of the servers never starts"
    run = stored(tmp_path)
    rates = {}
    for contest in run.plan.suite.contests:
        assert isinstance(contest.load, RateLoad)
        of = contest.load.of_capacity
        assert of is not None
        assert {of.stack, *of.others} == {"gunicorn-gthread", "waitress"}
        assert of.per_s <= min(of.others.values())
        assert set(of.left_out) == {"broken"}
        assert contest.load.rate_per_s == rounded(of.share * of.per_s)
        rates[contest.name] = contest.load.rate_per_s
    assert rates["tenth"] < rates["half"]
    for measurement in run.measurements:
        rate_per_s = rates[measurement.trial.cell.contest]
        (window,) = measurement.windows
        assert window.counts.arrivals == pytest.approx(rate_per_s, rel=0.5)
    lines = ended.stderr.splitlines()
    assert any(line.startswith("pilot, to find the rates: 6 trials, about ") for line in lines)
    assert any(line.startswith("pilot, broken in half, round 1, start: ") for line in lines)
    assert any(line.startswith("half: ") and "50 % of the smallest" in line for line in lines)
    said = " ".join(ended.stdout.split())
    assert "50 % of the smallest capacity (" in said
    assert "half and tenth have their rates from a pilot of 2 rounds with 16 connections: " in said
    shown = json.loads(timetrial("report", "--json", folder=tmp_path).stdout)
    load = shown["summary"]["tables"][0]["contest"]["load"]
    assert load["of_capacity"]["share"] == 0.5
    assert survivors(tmp_path) == []


def test_a_run_that_is_resumed_keeps_its_rates_without_another_pilot(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, SERVERS[:2], HALF, rounds=2)
    with started(*arguments, folder=tmp_path) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("run 1: "))
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    before = stored(tmp_path)
    assert before.pending()
    ended = timetrial("run", "--resume", "1", "--catalog", "own", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "pilot, to find the rates" not in ended.stderr
    after = stored(tmp_path)
    assert after.plan == before.plan
    assert after.pending() == ()


def test_an_interrupted_pilot_leaves_no_run_and_no_server(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, SERVERS[:2], HALF, rounds=2)
    with started(*arguments, folder=tmp_path) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("pilot, 1 of "))
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.splitlines()[-1] == "timetrial: interrupted"
    assert "Traceback" not in stdout + stderr
    assert json.loads(timetrial("list", "runs", "--json", folder=tmp_path).stdout) == []
    assert survivors(tmp_path) == []
