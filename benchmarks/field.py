"""Who takes part in the race."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import programs
from generators.generator import Generator
from generators.h2load import H2load
from generators.hey import Hey
from generators.k6 import K6
from generators.native import Native
from generators.oha import Oha
from generators.wrk import Wrk
from programs import NotHad

Wanted = Mapping[str, Callable[[], Generator]]
"""Ways to make adapters, which install what they need and raise NotHad."""
ENGINE: Wanted = {
    "epoll": lambda: Native(programs.engine(), "epoll"),
    "io_uring": lambda: Native(programs.engine(), "io_uring"),
}
WRK: Wanted = {"wrk": lambda: Wrk(programs.debian("wrk", "wrk"))}
H2LOAD: Wanted = {"h2load": lambda: H2load(programs.debian("h2load", "nghttp2-client"))}
UNPIPELINED: Wanted = {
    "oha": lambda: Oha(programs.oha()),
    "k6": lambda: K6(programs.k6()),
    "hey": lambda: Hey(programs.hey()),
}


def gathered() -> dict[str, Generator | NotHad]:
    """Install what is missing, or keep the reason why that cannot be."""
    had: dict[str, Generator | NotHad] = {}
    for name, make in {**WRK, **ENGINE, **H2LOAD, **UNPIPELINED}.items():
        try:
            had[name] = make()
        except NotHad as reason:
            had[name] = reason
    return had
