"""A generator whose connections idle: each has had one response, and thinks for an hour.

Usage: idle_program.py ADDRESS CONNECTIONS BACKEND [tls]; prints its memory in bytes and ends.
"""

import sys
import time
from pathlib import Path

from timetrial._engine import Request, Session, Target

NS_PER_S = 1_000_000_000
HOUR_S = 3600
WITHIN_S = 60
SETTLED_S = 0.3


def main() -> None:
    address, connections, backend = sys.argv[1:4]
    tls = ("localhost", None, True, False) if "tls" in sys.argv[4:] else None
    target = Target(address, [Request(host=address, path="/", status=200)], tls=tls)
    try:
        session = Session(
            [target],
            connections=int(connections),
            threads=1,
            cpus=[],
            timeout_ns=WITHIN_S * NS_PER_S,
            backend=backend,
        )
    except OSError as error:
        sys.exit(str(error))
    hour_ns = HOUR_S * NS_PER_S
    think = [("constant", [hour_ns])]
    session.start(0, lead_in_ns=0, window_ns=hour_ns, drain_ns=0, think=think)
    _await_responses(session, int(connections))
    print(_anonymous_bytes())
    session.cancel()
    session.wait(WITHIN_S)


def _await_responses(session: Session, connections: int) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    while (progress := session.progress()[0]).completions < connections:
        if progress.failures:
            sys.exit(f"{progress.failures} requests failed")
        if time.monotonic() > deadline_s:
            sys.exit(f"{progress.completions} of {connections} answered within {WITHIN_S} s")
        time.sleep(0.05)
    time.sleep(SETTLED_S)


def _anonymous_bytes() -> int:
    """Memory of this process that no file backs and no other process shares."""
    for line in Path("/proc/self/smaps_rollup").read_text("ascii").splitlines():
        name, _, rest = line.partition(":")
        if name == "Anonymous":
            return int(rest.split()[0]) * 1024
    sys.exit("the kernel does not tell anonymous memory")


if __name__ == "__main__":
    main()
