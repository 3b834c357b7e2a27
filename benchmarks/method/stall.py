"""A server that answers nothing for 200 ms every 2 s, asked 1,000 times a second: true p99 180 ms.

A tenth of the requests fall into a stall and wait for the rest of it, from 200 ms down to nothing:
a hundredth waits longer than 180 ms. Who times a request from when it was sent, and has few
connections to send on, sees a handful of slow ones a stall, and a p99 that is nowhere near.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from recorded import DATA
from taking import placement
from timetrial import _engine
from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.model.load import ArrivalSchedule, Stage
from timetrial.model.units import NS_PER_MS, NS_PER_S
from timetrial.model.workload import Request

FILE = "stall.json"
RATE_PER_S = 1_000.0
EVERY_S, STALL_S = 2.0, 0.2
TRUE_P99_MS = 180.0
WITHIN = 0.02
LENGTH_S = 20.0
QUICK_LENGTH_S = 4.0
CONNECTIONS = 10
MINUTES = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description="Load a server that stalls.")
    parser.add_argument("--data", type=Path, default=DATA, help="where the figures are written")
    parser.add_argument("--quick", action="store_true", help="4 s, to see that it works")
    given = parser.parse_args()
    length_s = QUICK_LENGTH_S if given.quick else LENGTH_S
    sys.stderr.write(f"stall: {RATE_PER_S:,.0f} requests a second for {length_s:g} s\n")
    figures = measured(length_s)
    given.data.mkdir(parents=True, exist_ok=True)
    (given.data / FILE).write_text(json.dumps(figures) + "\n", "utf-8")
    for name in ("due", "sent"):
        p99_ms = figures[name]
        verdict = "within" if is_right(p99_ms) else "not within"
        print(f"p99 from when a request was {name}: {p99_ms:.1f} ms, {verdict} 2 % of 180 ms")
    return 0


def measured(length_s: float) -> dict[str, Any]:
    """Return the p99 of both clocks in ms, and the conditions."""
    where = placement()
    responder = _engine.Responder(
        stall_ns=(round(EVERY_S * NS_PER_S), round(STALL_S * NS_PER_S)),
        cpus=list(where.server_cpus[:1]),
    )
    setting = SessionConfig(CONNECTIONS, where.generator_cpus, 10.0)
    schedule = ArrivalSchedule((Stage(length_s, RATE_PER_S, RATE_PER_S),), "constant")
    with responder:
        target = Target(responder.address, responder.address, (Request("/"),))
        with NativeDriver().open([target], setting) as session:
            result = session.run_load(LoadSpec(0, length_s, open=schedule))
    return {
        "due": result.response_time.quantile(0.99) / NS_PER_MS,
        "sent": result.service_time.quantile(0.99) / NS_PER_MS,
        "requests": result.counts.arrivals,
        "failed": result.counts.failed,
        "load_after": round(os.getloadavg()[0], 2),
    }


def is_right(p99_ms: float) -> bool:
    return abs(p99_ms / TRUE_P99_MS - 1) <= WITHIN


if __name__ == "__main__":
    sys.exit(main())
