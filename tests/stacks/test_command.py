"""Short commands, and commands that are not as short as they should be."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from timetrial.stacks import command
from timetrial.stacks.command import run_app, run_command


def python(code: str, tmp_path: Path, timeout_s: float = 60.0, **env: str) -> tuple[object, ...]:
    outcome = run_command([sys.executable, "-c", code], env=env, cwd=tmp_path, timeout_s=timeout_s)
    return outcome.exit_code, outcome.output.strip(), outcome.log.strip(), outcome.ending()


def test_output_log_and_exit_code_are_kept_apart(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('log', file=sys.stderr); sys.exit(3)"
    *kept, ending = python(code, tmp_path)
    assert kept == [3, "out", "log"]
    assert str(ending).endswith("exit code 3")


def test_nothing_is_inherited_but_what_is_given(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('HOME'), os.environ['MINE'], os.getcwd())"
    assert python(code, tmp_path, MINE="1")[1] == f"None 1 {tmp_path}"


def test_a_signal_is_named(tmp_path: Path) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    assert str(python(code, tmp_path)[3]).endswith(" SIGKILL")


def test_a_command_that_is_not_there_fails(tmp_path: Path) -> None:
    outcome = run_command(["./nothing"], env={}, cwd=tmp_path, timeout_s=5)
    assert outcome.exit_code == 127
    assert outcome.tail == f"./nothing: {os.strerror(errno.ENOENT)}"


def test_when_time_is_up_grandchildren_end_too(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > pid; wait"
    outcome = run_command(["/bin/sh", "-c", script], env={}, cwd=tmp_path, timeout_s=3)
    assert outcome.exit_code is None
    assert "in time" in outcome.ending()
    stat = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    deadline = time.monotonic() + 60
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_an_app_starts_in_a_session_of_its_own_ends_with_its_import(tmp_path: Path) -> None:
    code = """
import subprocess, sys
print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
print("log", file=sys.stderr)
sys.exit(3)
"""
    env = {"PATH": os.defpath}
    outcome = run_app([sys.executable, "-c", code], env=env, cwd=tmp_path, timeout_s=60)
    assert (outcome.exit_code, outcome.log.strip()) == (3, "log")
    assert not Path("/proc", outcome.output.strip()).exists()


def test_an_import_that_takes_too_long_or_does_not_begin_is_told(tmp_path: Path) -> None:
    late = run_app(["sleep", "600"], env={"PATH": os.defpath}, cwd=tmp_path, timeout_s=0.5)
    assert late.exit_code is None
    absent = run_app(["./nothing"], env={}, cwd=tmp_path, timeout_s=60)
    assert absent.exit_code == 127
    assert os.strerror(errno.ENOENT) in absent.tail


def test_the_tail_ends_with_the_errors(tmp_path: Path) -> None:
    code = "import sys; print('\\n'.join('line' for _ in range(99))); sys.exit('why')"
    outcome = run_command(
        [sys.executable, "-c", code], env=dict(os.environ), cwd=tmp_path, timeout_s=60
    )
    assert outcome.tail.splitlines()[-2:] == ["line", "why"]
    assert len(outcome.tail.splitlines()) == 40


def test_of_a_flood_the_beginning_and_the_end_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MOST_BYTES", 2**22)
    code = "import sys; sys.stdout.write('begin' + 'x' * 2**23 + 'end')"
    output = str(python(code, tmp_path)[1])
    assert output.startswith("beginx")
    assert output.endswith("xend")
    assert "\n[6,291,464 bytes are left out here]\n" in output
