"""From files of recorded rounds to the table, the figures and the document."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from synthetic import CONDITIONS, recording

import duet_bias
import evaluate as evaluating
import fault_rounds
import naive
import prove
from faults import SOUND
from known_difference import BASE, SHARES, name_of
from proof import BEGIN, Figure, Proof, into
from recorded import Recording, write

METHOD = Path(naive.__file__).parent
EQUAL = {"two": "ab", "four": "abcd", "duet": "ab", "other-duet": "cd"}


def alike() -> Recording:
    """Rounds take so long that there are few in ten minutes: many take long to resample."""
    found = recording(EQUAL, 24)
    rounds = (dataclasses.replace(each, around_s=22.0) for each in found.rounds)
    return dataclasses.replace(found, rounds=tuple(rounds))


def known() -> Recording:
    benchmarks = {
        f"{kind}{name_of(s)}": (BASE, name_of(s)) for s in SHARES for kind in ("two", "duet")
    }
    ahead = {name_of(share): -math.log1p(share) for share in SHARES}
    found = recording(benchmarks, 24, ahead=ahead, noise=0.002)
    costs = {
        BASE: [[number, 50_000 * 1_000, 1_000] for number in range(1, 25)],
        **{
            name_of(s): [
                [number, round(50_000 * (1 + s) * 1_000), 1_000] for number in range(1, 25)
            ]
            for s in SHARES
        },
    }
    return dataclasses.replace(found, conditions={**found.conditions, "costs": costs})


def bias() -> Recording:
    benchmarks: dict[str, tuple[str, ...]] = {duet_bias.ALL: tuple(duet_bias.STACKS)}
    for pair in duet_bias.PAIRS:
        for kind in (duet_bias.TURNS, duet_bias.PLAIN, duet_bias.GROUPED):
            benchmarks[duet_bias.name_of(kind, pair)] = pair
    return recording(benchmarks, 8, noise=0.002)


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(METHOD / "evaluate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of recordings of every kind, beside one of documents."""
    folder = tmp_path_factory.mktemp("method")
    data, docs = folder / "data", folder / "docs"
    docs.mkdir()
    (docs / "method.md").write_text("# Proof\n\nBefore.\n", "utf-8")
    write(alike(), data / "alike-quiet.json")
    write(known(), data / "known.json")
    write(bias(), data / duet_bias.LATER)
    write(bias(), data / duet_bias.FILE)
    naive.write([naive.LongRun((1_000 + run,) * 15) for run in range(8)], data / naive.FILE)
    (data / "stall.json").write_text('{"due": 180.4, "sent": 2.6}', "utf-8")
    sound = [each["a"] for each in recording({"one": "a"}, 2).of("one")]
    fault_rounds.write(fault_rounds.Pools({SOUND: sound}, CONDITIONS), data / fault_rounds.FILE)
    return folder


@pytest.fixture(scope="module")
def evaluated(folder: Path) -> subprocess.CompletedProcess[str]:
    """Evaluate them, and write what comes of it into the documents."""
    data, docs = str(folder / "data"), str(folder / "docs")
    return evaluate("--data", data, "--docs", docs, "--quick", "--write", "--no-plots")


def test_recordings_become_a_table_figures_and_a_document(
    folder: Path, evaluated: subprocess.CompletedProcess[str]
) -> None:
    ended, docs = evaluated, folder / "docs"
    assert ended.returncode in {0, 1}, ended.stderr
    assert "A/A false alarms, duet, CPU per request, 12 rounds" in ended.stdout
    assert "A/A false alarms, duet, CPU per request, --precision 0.01" in ended.stdout
    assert "| p99 from when requests were due | 180 ms ± 2 % | 180.4 ms | yes |" in ended.stdout
    assert "| p99 from when they were sent | fails the check | 2.6 ms | yes |" in ended.stdout
    assert "overlap | ≥ 90 % of cells | 100.0 %" in ended.stdout
    assert "granian-asgi / gevent: duet in groups, throughput" in ended.stdout
    text = (docs / "method.md").read_text("utf-8")
    assert text.startswith("# Proof\n\nBefore.\n")
    figures = json.loads((docs / "method-figures.json").read_text("utf-8"))
    assert len(figures["figures"]) == 7
    assert "checks firing on a quiet machine, rounds" in ended.stdout
    assert "`fault-rounds.json`: 2 rounds" in ended.stdout
    assert "`naive.json`: 8 runs" in ended.stdout


def test_known_differences_are_found_and_their_calibration_is_held(
    evaluated: subprocess.CompletedProcess[str],
) -> None:
    said = evaluated.stdout
    lines = {line.split("|")[1].strip(): line for line in said.splitlines() if line.startswith("|")}
    held = lines[
        "intervals of all rounds hold the calibrated difference, alternate, CPU per request"
    ]
    assert re.search(r"[345] of 5", held)
    assert "for +10.00 %" in held
    found = lines[
        "smallest known difference found in 80 % in 1 / 3 / 10 min, alternate, throughput"
    ]
    assert "1 % / 1 % / 1 %" in found


def test_what_there_was_no_time_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(recording(EQUAL, 12), tmp_path / "alike-quiet.json")
    monkeypatch.setattr(evaluating, "ProcessPoolExecutor", ThreadPoolExecutor)
    assert called(monkeypatch, "--data", str(tmp_path), "--quick", "--minutes", "0") == 0
    assert "without quiet: false" in capsys.readouterr().err


def test_recording_and_evaluating_take_half_an_hour_at_most() -> None:
    minutes = [step.minutes for step in (*prove.RECORDING, prove.EVALUATING)]
    assert sum(minutes) + prove.FOR_THE_LAST_MINUTES <= prove.AT_MOST_MINUTES


@pytest.mark.parametrize("step", [*prove.RECORDING, prove.EVALUATING], ids=str)
def test_every_step_is_a_script_that_says_what_it_takes(
    step: prove.Step, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [step.script, *step.options, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(METHOD / step.script), run_name="__main__")
    assert ended.value.code == 0
    assert f"usage: {step.script}" in capsys.readouterr().out


def test_without_recordings_there_is_nothing_to_evaluate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "--data", str(tmp_path)) == 2
    assert capsys.readouterr().err.endswith(
        f"there are no recordings in {tmp_path}: make bench-method\n"
    )


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", *arguments])
    return evaluating.main()


@pytest.mark.parametrize("times", [1, 2])
def test_what_was_measured_before_is_replaced(times: int, tmp_path: Path) -> None:
    document = tmp_path / "proof.md"
    before = "# Proof\n\nWhat it is.\n"
    document.write_text(before, "utf-8")
    for number in range(times):
        into(document, Proof({"Table": [Figure("a", "b", str(number), met=False)]}, ["One."]))
    text = document.read_text("utf-8")
    assert text.count(BEGIN) == 1
    assert text.startswith(f"{before}\n")
    assert f"| {times - 1} | **no** |" in text
