"""What load generators say of a server that freezes: stopped for 2 s inside a run of 5 s.

The truth, for 1,000 requests a second that are due whatever the server does: those that come
during the freeze wait for the rest of it, from 2 s down to nothing, and they are two in five.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from served import HELLO, HOST, uvloop_server
from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.machine.placement import available_cpus, place
from timetrial.model.load import ArrivalSchedule, Stage
from timetrial.model.workload import Request

RATE = 1_000.0
RUN_S = 5.0
FREEZE_AFTER_S = 1.5
FREEZE_S = 2.0
CONNECTIONS = 50
TRUTH_MS = {50: "<1", 75: "750", 90: "1,500", 99: "1,950"}
_WHOLE_FROM_MS = 10
Row = tuple[str, dict[int, str], str]


def main() -> None:
    placement = place(available_cpus())
    os.sched_setaffinity(0, placement.generator_cpus)
    rows: list[Row] = [("truth", TRUTH_MS, f"{RATE * RUN_S:,.0f} requests")]
    with (
        TemporaryDirectory() as folder,
        uvloop_server(placement.server_cpus, Path(folder)) as hello,
    ):
        port, pid = hello.launch.port, hello.pid
        with frozen(pid):
            rows.append(engine(port, placement.generator_cpus))
        if shutil.which("wrk") is None:
            sys.stderr.write("wrk is not installed (Debian: apt-get install wrk)\n")
        else:
            for timeout in ("2s", "1s"):
                with frozen(pid):
                    rows.append(wrk(port, timeout))
    print(f"{'ms':28}" + "".join(f"{f'p{q}':>8}" for q in TRUTH_MS))
    for name, percentiles, remark in rows:
        print(f"{name:28}" + "".join(f"{percentiles[q]:>8}" for q in TRUTH_MS) + f"   {remark}")


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process for a while, sometime during the block."""

    def freeze() -> None:
        time.sleep(FREEZE_AFTER_S)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(FREEZE_S)
        os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=freeze)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def engine(port: int, cpus: tuple[int, ...]) -> Row:
    address = f"{HOST}:{port}"
    target = Target(address, address, (Request("/", HELLO),))
    schedule = ArrivalSchedule((Stage(RUN_S, RATE, RATE),), "constant")
    with NativeDriver().open([target], SessionConfig(CONNECTIONS, cpus, timeout_s=10)) as session:
        result = session.run_load(LoadSpec(0, RUN_S, open=schedule))
    quantiles = {q: result.response_time.quantile(q / 100) / 1e6 for q in TRUTH_MS}
    counts = result.counts
    shown = {q: _figure(value_ms) for q, value_ms in quantiles.items()}
    return "timetrial load --rate 1000", shown, f"{counts.ok:,} of {counts.arrivals:,} answered"


def wrk(port: int, timeout: str) -> Row:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{RUN_S:.0f}s", "--latency"]
    output = subprocess.run(
        [*command, "--timeout", timeout, f"http://{HOST}:{port}/"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = {int(q): value for q, value in re.findall(r"(\d+)%\s+([\d.]+\w+)", output)}
    errors = re.search(r"timeout (\d+)", output)
    remark = f"{errors[1]} timeouts, not in the percentiles" if errors else "no error reported"
    return f"wrk --timeout {timeout}", {q: _ms(found[q]) for q in TRUTH_MS}, remark


def _ms(text: str) -> str:
    match = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    if match is None:
        return text
    value = float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[match[2]]
    return _figure(value)


def _figure(value_ms: float) -> str:
    return f"{value_ms:,.0f}" if value_ms >= _WHOLE_FROM_MS else f"{value_ms:,.2f}"


if __name__ == "__main__":
    main()
