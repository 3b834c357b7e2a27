"""`--lifecycle` through the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from timetrial.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))
from command_line import await_event, complaint

PROGRAM = Path(sys.executable).with_name("timetrial")
AT_MOST_S = 400.0
SUITE = """
name = "small"
title = "Small"
app = "raw"
servers = ["waitress"]
rounds = 1
warm_up = { requests = 100, at_most_s = 0.3, at_least_s = 0.1 }
[[benchmarks]]
workload = "hello"
connections = 4
window_ms = 80
lead_in_ms = 20
windows = 2
"""


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "small.toml").write_text(SUITE, "utf-8")
    return subprocess.Popen(
        [str(PROGRAM), *options],
        cwd=folder, env={**os.environ, "TMPDIR": str(folder), "COLUMNS": "120"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", process_group=0,
    )  # fmt: skip


def ended(folder: Path, *options: str) -> tuple[int, str, str]:
    program = started(folder, *options)
    output, errors = program.communicate(timeout=AT_MOST_S)
    return program.returncode, output, errors


def left_behind(folder: Path) -> list[str]:
    """List the living processes whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.live
def test_an_interrupt_keeps_what_was_held_and_the_table_comes_with_the_rest_and_every_report(
    tmp_path: Path,
) -> None:
    options = ("run", "small.toml", "--lifecycle", "--lifecycle-repeats", "1")
    program = started(tmp_path, *options, "--progress", "events")
    await_event(program, "experiment_running", repeat=1, done=1, total=2)
    program.send_signal(signal.SIGTERM)
    _, errors = program.communicate(timeout=AT_MOST_S)
    assert program.returncode == 130, errors
    words = ("run", "--resume", "1", "--lifecycle", "--lifecycle-repeats", "1")
    assert f"timetrial {' '.join(words)}" in errors
    assert left_behind(tmp_path) == []
    with Store.open(tmp_path / "timetrial.db") as store:
        assert len(store.load(1).experiments) == 1
    code, output, errors = ended(tmp_path, *words)
    assert code == 0, errors
    assert "Life cycle" in output
    assert "0 of 1" in errors
    assert "one process" in output
    markdown = tmp_path / "timetrial-reports" / "run-1-lifecycle.md"
    assert "waitress (1) |" in markdown.read_text("utf-8")
    code, output, errors = ended(tmp_path, "report", "1", "--json")
    assert code == 0, errors
    document = json.loads(output)
    assert document["lifecycle"][0]["portrait"]["stack"] == "waitress"
    assert len(document["summary"]["run"]["experiments"]) == 2
    assert left_behind(tmp_path) == []


def test_repeats_of_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SUITE, "utf-8")
    said = complaint("run", "small.toml", "--lifecycle-repeats", "2", folder=tmp_path)
    assert said == "--lifecycle-repeats is about the experiments of --lifecycle: give that, too"
