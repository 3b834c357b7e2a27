"""Launches of `small_server.py`, and ways to see what became of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from timetrial.machine import ports
from timetrial.machine.procfs import living
from timetrial.model.measurement import ProcessStamp
from timetrial.model.workload import Expectation, Request
from timetrial.stacks.launch import Launch

SERVER = Path(__file__).with_name("small_server.py")
HOST = "127.0.0.1"
HELLO = Request("/", Expectation(status=200, body="hello"))


def command_of(behaviour: str, port: int) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", str(SERVER), behaviour, str(port))


def launch_of(
    behaviour: str, folder: Path, *, probe: Request = HELLO, start_timeout_s: float = 60.0
) -> Launch:
    port = ports.free_port()
    return Launch(
        stack=behaviour,
        command=command_of(behaviour, port),
        env={"PATH": os.defpath},
        cwd=folder,
        host=HOST,
        port=port,
        cpus=tuple(os.sched_getaffinity(0)),
        probe=probe,
        start_timeout_s=start_timeout_s,
        log=folder / "logs" / "server.log",
    )


@contextmanager
def stranger(behaviour: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a small server that belongs to no stack, and wait until it listens."""
    with subprocess.Popen(command_of(behaviour, port), stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: ports.listens(port, [process.pid]))
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def eventually(happened: Callable[[], object], within_s: float = 60.0) -> bool:
    deadline = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def still_there(stamps: Iterable[ProcessStamp]) -> set[ProcessStamp]:
    stamps = set(stamps)
    return stamps & set(living(stamp.pid for stamp in stamps))
