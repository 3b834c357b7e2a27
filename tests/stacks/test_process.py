"""Stacks start, say precisely why they do not, and stop."""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from small_stacks import eventually, launch_of, still_there, stranger
from timetrial.machine import ports
from timetrial.machine.supervisor import descendants
from timetrial.model.errors import PortTaken, StackFailed
from timetrial.runner.starter import or_ending, with_cause
from timetrial.stacks import readiness
from timetrial.stacks.process import MOST_LOG_BYTES, ProcessEnd, start


def test_a_stack_starts_answers_and_stops(tmp_path: Path) -> None:
    before_ns = time.monotonic_ns()
    with start(launch_of("plain", tmp_path)) as stack:
        assert before_ns < stack.started_ns < stack.ready_ns < time.monotonic_ns()
        assert stack.is_alive()
        (only,) = stack.processes()
        assert only.pid == stack.pid
        stopped = stack.stop()
        assert not stack.is_alive()
    assert stopped.stop_signal == "TERM"
    assert stopped.exit_code == -signal.SIGTERM
    assert stopped.processes == (only,)
    assert stopped.stopped_ns > stack.ready_ns
    assert stopped.warnings == ()
    assert not still_there([only])


def test_stopping_twice_says_the_same_twice(tmp_path: Path) -> None:
    stack = start(launch_of("plain", tmp_path))
    assert stack.stop() == stack.stop()
    assert stack.processes() == ()


def test_no_process_and_no_pipe_is_left_of_a_stack(tmp_path: Path) -> None:
    pipes_before = len(list(Path("/proc/self/fd").iterdir()))
    children_before = descendants(os.getpid())
    start(launch_of("forks_two_workers", tmp_path)).stop()
    with pytest.raises(StackFailed):
        start(launch_of("exits_3", tmp_path))
    assert len(list(Path("/proc/self/fd").iterdir())) == pipes_before
    assert descendants(os.getpid()) == children_before


def test_workers_belong_to_the_stack(tmp_path: Path) -> None:
    with start(launch_of("forks_two_workers", tmp_path)) as stack:
        assert eventually(lambda: len(stack.processes()) == 3)
        stamps = stack.processes()
        assert stamps == tuple(sorted(stamps))
    assert not still_there(stamps)


def test_workers_that_share_the_port_among_them_are_no_strangers(tmp_path: Path) -> None:
    with start(launch_of("workers_share_port", tmp_path)) as stack:
        assert eventually(lambda: len(stack.processes()) == 3)


@pytest.mark.parametrize("behaviour", ["leaves_a_daemon", "leaves_a_stubborn_daemon"])
def test_a_daemonised_grandchild_is_stopped_too(behaviour: str, tmp_path: Path) -> None:
    """It has left the group and the session, and its parent is gone; it may ignore SIGTERM."""
    with start(launch_of(behaviour, tmp_path)) as stack:
        stamps = stack.processes()
        assert len(stamps) == 2
        stopped = stack.stop(grace_s=3 if "stubborn" in behaviour else 60)
    assert not still_there(stamps)
    assert stopped.stop_signal == ("KILL" if "stubborn" in behaviour else "TERM")
    assert stopped.exit_code == -signal.SIGTERM


def test_a_server_that_ignores_sigterm_is_killed_and_says_so(tmp_path: Path) -> None:
    with start(launch_of("ignores_sigterm", tmp_path)) as stack:
        stopped = stack.stop(grace_s=0.2)
    assert stopped.stop_signal == "KILL"
    assert stopped.exit_code == -signal.SIGKILL
    assert not still_there(stopped.processes)


def test_a_stack_whose_supervisor_is_killed_did_not_die_by_itself(tmp_path: Path) -> None:
    with start(launch_of("plain", tmp_path)) as stack:
        assert stack.ending() is None
        (supervisor,) = (pid for pid in descendants(os.getpid()) if stack.pid in descendants(pid))
        os.kill(supervisor, signal.SIGKILL)
        assert eventually(lambda: not stack.is_alive())
        ending = stack.ending()
        assert ending is not None
        assert not ending.by_itself
        assert "supervisor" in ending.how
        failed = or_ending(stack, StackFailed("warm-up", "gave no answer"), "in the warm-up")
        assert failed.blameless
        assert failed.reason == f"{ending.how} in the warm-up"


def test_a_stack_that_dies_is_seen_and_can_still_be_stopped(tmp_path: Path) -> None:
    with start(launch_of("forks_two_workers", tmp_path)) as stack:
        assert eventually(lambda: len(stack.processes()) == 3)
        os.kill(stack.pid, signal.SIGKILL)
        assert eventually(lambda: not stack.is_alive())
        assert len(stack.processes()) == 2
        assert stack.ending() == ProcessEnd("was killed by SIGKILL")
        stopped = stack.stop()
    assert stopped.exit_code == -signal.SIGKILL
    assert stopped.stop_signal == "TERM"
    assert not still_there(stopped.processes)


@pytest.mark.parametrize(
    ("behaviour", "phase", "reason"),
    [
        ("exits_0", "start", "exited with code 0 before it answered"),
        ("exits_3", "start", "exited with code 3 before it answered"),
        ("kills_itself", "start", "was killed by SIGKILL before it answered"),
        ("daemonises", "start", "exited with code 0 before it answered"),
        ("answers_500", "answer", "answered status 500 instead of 200"),
        (
            "answers_with_another_body",
            "answer",
            f"answered with another body (first 80 bytes: '{'x' * 80}')",
        ),
    ],
)
def test_a_start_that_fails_says_precisely_why(
    behaviour: str, phase: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "WRONG_ANSWERS_S", 0.1)
    with pytest.raises(StackFailed) as failure:
        start(launch_of(behaviour, tmp_path))
    assert (failure.value.phase, failure.value.reason) == (phase, reason)


def test_a_failure_carries_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(StackFailed) as failure:
        start(launch_of("exits_3", tmp_path))
    assert failure.value.log_tail == "no such app"


@pytest.mark.parametrize("behaviour", ["never_listens", "never_answers", "drips"])
def test_silence_ends_in_time(behaviour: str, tmp_path: Path) -> None:
    launch = launch_of(behaviour, tmp_path, start_timeout_s=0.5)
    began = time.monotonic()
    with pytest.raises(StackFailed, match=rf"port {launch.port} within") as failure:
        start(launch)
    assert failure.value.phase == "start"
    assert time.monotonic() - began < 60


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    launch = dataclasses.replace(launch_of("plain", tmp_path), command=("no-such-server",))
    with pytest.raises(StackFailed) as failure:
        start(launch)
    assert failure.value.phase == "start"
    expected = "could not be started: No such file or directory: 'no-such-server'"
    assert failure.value.reason == expected


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    launch = dataclasses.replace(launch_of("plain", tmp_path), cwd=tmp_path / "nowhere")
    with pytest.raises(StackFailed, match=r"nowhere'$") as failure:
        start(launch)
    assert failure.value.phase == "start"
    assert os.strerror(errno.ENOENT) in failure.value.reason


def test_a_cpu_that_does_not_exist_is_named(tmp_path: Path) -> None:
    launch = dataclasses.replace(launch_of("plain", tmp_path), cpus=(1000,))
    with pytest.raises(StackFailed, match=r"CPU set \[1000\]") as failure:
        start(launch)
    assert failure.value.phase == "start"


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """Even if the stack could share it: a stale server would take part of the requests."""
    launch = launch_of("shares_port", tmp_path)
    with stranger("shares_port", launch.port) as other, pytest.raises(PortTaken) as error:
        start(launch)
    message = f"port {launch.port} is taken by another process (pid {other.pid}, small_server.py)"
    assert str(error.value) == message
    assert not launch.log.exists()


def test_a_second_listener_on_the_same_port_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came between the look at the port and the start. Whether the stack itself listens by
    then is a matter of time.
    """
    launch = launch_of("shares_port", tmp_path)
    monkeypatch.setattr(ports, "require_free", lambda *_: None)
    with stranger("shares_port", launch.port) as other, pytest.raises(StackFailed) as failure:
        start(launch)
    assert failure.value.phase == "start"
    reason = f"port {launch.port} is served by another process (pid {other.pid}, small_server.py)"
    assert failure.value.reason.replace("also ", "") == reason


def test_an_interrupted_start_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children_before = descendants(os.getpid())

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(readiness, "await_ready", interrupt)
    with pytest.raises(KeyboardInterrupt):
        start(launch_of("leaves_a_daemon", tmp_path))
    assert descendants(os.getpid()) == children_before


def test_the_log_holds_both_outputs_and_its_tail_the_last_lines(tmp_path: Path) -> None:
    launch = launch_of("plain", tmp_path)
    launch.log.parent.mkdir()
    launch.log.write_text("earlier")
    with start(launch) as stack:
        assert "earlier" not in stack.log_tail()
        assert stack.log_tail().startswith("127.0.0.1 - ")
        assert len(stack.log_tail(lines=1).splitlines()) == 1


def test_of_a_long_log_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    launch, size = launch_of("plain", tmp_path), 20 * 2**20
    with start(launch) as stack:
        with launch.log.open("ab") as log:
            log.write(b"first line\n" + b"x" * size + b"\nlast line\n")
        assert eventually(lambda: launch.log.stat().st_blocks * 512 < MOST_LOG_BYTES)
        said, *_, last = stack.log_tail(lines=2).splitlines()
        assert said.startswith("[of 20,9")
        assert said.endswith("bytes of the log, its beginning and its end were kept]")
        assert last == "last line"
    kept = launch.log.read_bytes()
    assert len(kept) > size
    assert b"first line\n" in kept[:1_000]
    assert b"x\n[timetrial: what follows was cut out" in kept[: 2 * 2**20]


def test_stacks_run_side_by_side(tmp_path: Path) -> None:
    with ExitStack() as running:
        stacks = [
            running.enter_context(start(launch_of("forks_two_workers", tmp_path / name)))
            for name in ("a", "b", "c")
        ]
        assert all(stack.is_alive() for stack in stacks)
        trees = [set(stack.processes()) for stack in stacks]
    assert not set.intersection(*trees)
    assert not still_there(set.union(*trees))


TAKEN = """Traceback (most recent call last):
  File "/shop/main.py", line 2, in <module>
    S.bind(("127.0.0.1", 18765))
OSError: [Errno 98] Address already in use
"""


@pytest.mark.parametrize(
    ("log", "blameless"), [(TAKEN, True), (TAKEN.replace("98", "13"), False), ("", False)]
)
def test_what_was_raised_at_a_start_is_told_and_a_taken_port_is_no_fault(
    log: str, tmp_path: Path, *, blameless: bool
) -> None:
    launch = launch_of("plain", tmp_path)
    launch.log.parent.mkdir()
    launch.log.write_text(log, encoding="utf-8")
    failed = with_cause(StackFailed("start", "exited with code 1 before it answered"), launch)
    assert failed.blameless == blameless
    assert ("OSError: [Errno" in failed.reason) == bool(log)
    assert (f"beside port {launch.port}" in failed.reason) == blameless
