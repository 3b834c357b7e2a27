"""Nothing that a stack started outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from small_stacks import command_of, eventually, launch_of, still_there
from timetrial.machine import ports, supervisor
from timetrial.machine.procfs import living
from timetrial.machine.supervisor import GROUP, PARENT, SESSION, descendants, stat_fields
from timetrial.model.measurement import ProcessStamp
from timetrial.stacks.process import start

PARENT_PROGRAM = """
import json, os, sys, time
from pathlib import Path
from small_stacks import launch_of
from timetrial.stacks.process import start

behaviour, folder, fork = sys.argv[1:]
stack = start(launch_of(behaviour, Path(folder)))
holder = 0
if fork == "fork":  # inherits the pipe to the supervisor and holds it open
    holder = os.fork()
    if not holder:
        time.sleep(600)
        os._exit(0)
seen = [[stamp.pid, stamp.started_ticks] for stamp in stack.processes()]
print(json.dumps({"holder": holder, "seen": seen}), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("fork", ["alone", "fork"])
@pytest.mark.parametrize("behaviour", ["forks_two_workers", "leaves_a_stubborn_daemon"])
def test_nothing_is_left_when_the_parent_is_killed(
    behaviour: str, fork: str, tmp_path: Path
) -> None:
    """Killed with SIGKILL, so that it could not clean up; a fork of it may even live on."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT_PROGRAM, behaviour, str(tmp_path), fork],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ) as parent:
        assert parent.stdout is not None
        told = json.loads(parent.stdout.readline())
        stamps = [ProcessStamp(*pair) for pair in told["seen"]]
        assert len(stamps) >= 2
        assert still_there(stamps) == set(stamps)
        parent.kill()
    assert eventually(lambda: not still_there(stamps))
    if told["holder"]:
        os.kill(told["holder"], signal.SIGKILL)


def test_the_server_dies_with_its_supervisor(tmp_path: Path) -> None:
    """Whoever kills the supervisor gets the main process at once and the rest with the stop."""
    with start(launch_of("leaves_a_stubborn_daemon", tmp_path)) as stack:
        stamps = stack.processes()
        supervisor_pid = _parent_of(stack.pid)
        os.kill(supervisor_pid, signal.SIGKILL)
        assert eventually(lambda: not stack.is_alive())
        stopped = stack.stop()
    assert eventually(lambda: not still_there(stamps))
    assert stopped.stop_signal == "KILL"
    assert stopped.exit_code == -signal.SIGKILL


def test_the_supervisor_is_out_of_reach_of_the_terminal(tmp_path: Path) -> None:
    """Ctrl-C signals the foreground group: neither supervisor nor server is in it."""
    with start(launch_of("plain", tmp_path)) as stack:
        supervisor_fields = stat_fields(_parent_of(stack.pid))
        server_fields = stat_fields(stack.pid)
        assert supervisor_fields is not None
        assert server_fields is not None
        sessions = {os.getsid(0), int(supervisor_fields[SESSION]), int(server_fields[SESSION])}
        assert len(sessions) == 3
        assert int(server_fields[GROUP]) == stack.pid


def test_sigterm_does_not_end_the_supervisor(tmp_path: Path) -> None:
    with start(launch_of("plain", tmp_path)) as stack:
        supervisor_pid = _parent_of(stack.pid)
        os.kill(supervisor_pid, signal.SIGTERM)
        os.kill(supervisor_pid, signal.SIGINT)
        time.sleep(0.1)
        assert stack.is_alive()
        assert stack.stop().stop_signal == "TERM"


def test_the_server_gets_exactly_what_it_was_given(tmp_path: Path) -> None:
    """Environment, folder and CPUs as asked; signals as for any fresh program."""
    cpu = max(os.sched_getaffinity(0))
    order: dict[str, object] = {
        "command": command_of("never_listens", ports.free_port()),
        "env": {"ONLY": "this"},
        "cwd": str(tmp_path),
        "cpus": [cpu],
    }
    with _supervisor() as process:
        pid = _tell(process, order)["pid"]
        proc = Path(f"/proc/{pid}")
        assert (proc / "environ").read_bytes() == b"ONLY=this\0"
        assert (proc / "cwd").readlink() == tmp_path
        assert os.sched_getaffinity(pid) == {cpu}
        assert int(_status(pid)["SigBlk"], 16) == 0
        process.kill()


def test_the_server_ignores_no_signal_that_the_supervisor_ignores(tmp_path: Path) -> None:
    """What is ignored stays ignored over exec(): SIGTERM would have no effect."""
    order: dict[str, object] = {
        "command": ["sleep", "600"],
        "env": {},
        "cwd": str(tmp_path),
        "cpus": _cpus(),
    }
    with _supervisor() as process:
        pid = _tell(process, order)["pid"]
        ignored = int(_status(pid)["SigIgn"], 16)
        # The C library keeps a few numbers to itself: nobody can set those.
        assert [each for each in signal.valid_signals() if ignored & (1 << (each - 1))] == []
        process.kill()


def test_a_supervisor_without_parent_starts_nothing(tmp_path: Path) -> None:
    order: dict[str, object] = {
        "command": ["sleep", "600"],
        "env": {},
        "cwd": str(tmp_path),
        "cpus": _cpus(),
    }
    nobody = 2**22 - 1
    with _supervisor(parent=nobody) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it may have ended already
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        assert process.stdout.read() == b""
        assert process.wait(60) == 0


def test_both_ways_to_find_descendants_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every kernel has /proc/PID/task/TID/children."""
    with start(launch_of("forks_two_workers", tmp_path)) as stack:
        supervisor_pid = _parent_of(stack.pid)
        assert eventually(lambda: len(descendants(supervisor_pid)) == 3)
        by_children_files = sorted(descendants(supervisor_pid))
        monkeypatch.setattr(supervisor, "HAS_CHILDREN_FILES", False)
        assert sorted(descendants(supervisor_pid)) == by_children_files
        assert living(by_children_files) == stack.processes()


def test_names_of_processes_may_hold_anything(tmp_path: Path) -> None:
    program = tmp_path / "a) R (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as process:
        fields = stat_fields(process.pid)
        process.kill()
    assert fields is not None
    assert int(fields[PARENT]) == os.getpid()


def _parent_of(pid: int) -> int:
    fields = stat_fields(pid)
    assert fields is not None
    return int(fields[PARENT])


def _cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _supervisor(parent: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", supervisor.__file__, str(parent or os.getpid())],
        bufsize=0,  # nothing is left to be flushed to a supervisor that has ended
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _tell(process: subprocess.Popen[bytes], order: dict[str, object]) -> dict[str, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    report: dict[str, int] = json.loads(process.stdout.readline())
    return report
