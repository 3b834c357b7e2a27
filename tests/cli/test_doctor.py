"""`timetrial doctor` from end to end, with a run of few rounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import complaint, within
from small_runs import MACHINE_CHECKS

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.cli.doctor import DoctorCommand, run
from timetrial.reports.doctor import NAMED_LENGTH_S

ROUNDS = ROUNDS_FOR_VERDICT
"""With less there is no control."""


@pytest.fixture(name="watched_shortly")
def _watched_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the idle machine does is said, and never asked for."""
    monkeypatch.setattr("timetrial.verbs.doctor._IDLE_S", 0.2)


@pytest.mark.usefixtures("watched_shortly")
def test_a_quick_look_lists_every_check_and_ends_in_a_verdict(tmp_path: Path) -> None:
    ended = within("doctor", "--quick", "--details", folder=tmp_path)
    assert ended.stderr, "progress is told, and not among results"
    assert ended.stderr not in ended.stdout
    assert all(name in ended.stdout for name in MACHINE_CHECKS)
    checks, _, verdict = ended.stdout.rpartition("\n\n")
    fit = all(line.split()[:1] != ["unfit"] for line in checks.splitlines())
    assert verdict.startswith("This machine ")
    assert ("not fit" in verdict) == (not fit)
    assert ended.returncode == (0 if fit else 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("watched_shortly")
def test_the_answer_is_the_verdict_and_what_is_doubtful(tmp_path: Path) -> None:
    ended = within("doctor", "--quick", folder=tmp_path)
    verdict = ended.stdout.splitlines()[1]
    assert verdict.startswith("NOT FIT" if ended.returncode else "FIT")
    assert "passed: --details lists all." in ended.stdout
    quiet = within("doctor", "--quick", "--quiet", folder=tmp_path)
    assert quiet.stderr == ""
    assert len(quiet.stdout.splitlines()) < len(ended.stdout.splitlines())


@pytest.mark.usefixtures("watched_shortly")
def test_as_json_it_is_the_same_for_programs(tmp_path: Path) -> None:
    ended = within("doctor", "--quick", "--json", folder=tmp_path)
    data = json.loads(ended.stdout)
    judged = {check["name"]: check["judged"] for check in data["checks"]}
    assert set(judged) >= MACHINE_CHECKS
    assert data["fit"] is ("unfit" not in judged.values())
    assert ended.returncode == (0 if data["fit"] else 1)
    assert data["ceiling"]["connections"] == 16
    assert data["noise"] is None


def test_it_takes_no_arguments(tmp_path: Path) -> None:
    assert "unexpected extra argument" in complaint("doctor", "now", folder=tmp_path)


@pytest.mark.live
def test_a_server_against_itself_gives_the_noise_floor(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(DoctorCommand(as_json=True, rounds=ROUNDS))
    stdout, stderr = capsys.readouterr()
    data = json.loads(stdout)
    assert f"run 1: 1 server, {ROUNDS} rounds" in stderr
    noise = data["noise"]
    assert noise["rounds"] == ROUNDS
    assert noise["throughput_per_s"] > 0
    # Where the machine was not there all the time, nothing is compared.
    assert {each["b"] for each in noise["control"]} <= {"uvicorn (control)"}
    for floors in noise["floors"].values():
        lengths = [floor["length_s"] for floor in floors]
        assert lengths == [60.0, 300.0, 600.0][-len(lengths) :]
        detectable = [floor["detectable"] for floor in floors]
        assert detectable == sorted(detectable, reverse=True)
        assert all(0 < floor["half_width"] < floor["detectable"] for floor in floors)
    assert "generator head-room" in {check["name"] for check in data["checks"]}
    of_minutes = [
        floor
        for floors in noise["floors"].values()
        for floor in floors
        if floor["length_s"] == NAMED_LENGTH_S
    ]
    assert of_minutes
    assert " ".join(data["conclusion"]).count("in 5 minutes") == len(of_minutes)
    assert code == (0 if data["fit"] else 1)
