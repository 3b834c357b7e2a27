"""`timetrial run` with two real servers that are loaded at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import timetrial
from small_runs import stored, write_suite

pytestmark = pytest.mark.live

TWINS = """
[[stacks]]
name = "one"
server = "waitress"

[[stacks]]
name = "other"
server = "waitress"

[[benchmarks]]
name = "at-once"
workload = "hello"
mode = "duet"
connections = 4
window_ms = 100
lead_in_ms = 20
windows = 2
"""


def test_both_answer_in_the_same_windows_and_are_told_under_contention(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, [], TWINS, rounds=1)
    ended = timetrial(*arguments, folder=tmp_path)
    assert ended.returncode == 0, ended
    assert "at-once (under contention)" in ended.stdout
    one, other = stored(tmp_path).measurements
    assert [(w.opened_ns, w.closed_ns) for w in one.windows] == [
        (w.opened_ns, w.closed_ns) for w in other.windows
    ]
    for window in (*one.windows, *other.windows):
        assert window.completions_overall > 0
        assert window.server_cpu_s
        assert window.connections_reached == 4
