"""Whether all threads of a process sleep."""

from __future__ import annotations

import subprocess
import sys
import time

from timetrial.machine.rest import are_at_rest

AT_MOST_S = 60.0
ONE_THREAD_RUNS = """
import sys, threading
stop = threading.Event()
def run():
    while not stop.is_set():
        pass
threading.Thread(target=run, daemon=True).start()
print("runs", flush=True)
sys.stdin.readline()
stop.set()
print("rests", flush=True)
sys.stdin.readline()
"""


def test_a_process_rests_when_the_last_of_its_threads_does() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ONE_THREAD_RUNS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        assert not are_at_rest([process.pid])
        print(file=process.stdin, flush=True)
        assert process.stdout.readline() == "rests\n"
        until_s = time.monotonic() + AT_MOST_S
        while not are_at_rest([process.pid]):
            assert time.monotonic() < until_s
        process.stdin.close()
    assert are_at_rest([process.pid])
