"""A tool's process: where it runs, what it costs, and that it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from timetrial.drivers.tool_process import CpuTrace, ToolRun, run_tool
from timetrial.model.errors import ToolFailed

ONE_CPU = (min(os.sched_getaffinity(0)),)


def run_python(code: str, folder: Path, at_most_s: float = 20.0) -> ToolRun:
    return run_tool(
        [sys.executable, "-c", code],
        cpus=ONE_CPU,
        folder=folder,
        at_most_s=at_most_s,
        on_progress=None,
    )


def test_it_is_pinned_and_its_output_is_read(tmp_path: Path) -> None:
    ran = run_python("import os; print(sorted(os.sched_getaffinity(0)), os.getcwd())", tmp_path)
    assert ran.output == f"{list(ONE_CPU)} {tmp_path}\n"
    assert ran.started_ns < ran.ended_ns


def test_its_cpu_time_is_known_while_it_runs(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.4: pass"
    ran = run_python(busy, tmp_path)
    assert 0.2 < ran.cpu.between_s(ran.started_ns, ran.ended_ns) < 0.7


def test_cpu_time_between_readings_lies_on_a_line() -> None:
    trace = CpuTrace(((0, 100), (1_000, 600), (2_000, 600)))
    assert trace.between_s(0, 500) == pytest.approx(250e-9)
    assert trace.between_s(500, 1_500) == pytest.approx(250e-9)
    assert trace.between_s(1_500, 5_000) == 0


def test_an_end_with_another_code_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed) as failed:
        run_python("import sys; print('no such thing', file=sys.stderr); sys.exit(3)", tmp_path)
    assert "code 3" in failed.value.what
    assert failed.value.what.endswith(": no such thing")


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed) as failed:
        run_tool(
            ["/nothing-such"], cpus=(), folder=tmp_path, at_most_s=10, on_progress=None
        )  # fmt: skip
    assert failed.value.tool == "nothing-such"
    assert "code 1" in failed.value.what


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"within 0\.3 s"):
        run_python("import time; time.sleep(60)", tmp_path, at_most_s=0.3)
