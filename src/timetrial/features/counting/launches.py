"""How a server is started to be counted: its app is wrapped, and its memory laid out by chance."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.features.counting.client import CountedLaunch
from timetrial.machine.ports import free_port
from timetrial.model import Request
from timetrial.stacks.common_start import HASH_SEED, PADDING
from timetrial.stacks.fingerprint.launch import with_wrapper, wrapped
from timetrial.stacks.launch_builder import HOST, PreparedStack, build_launch

COLLECTING, TRACING = "timetrial_collecting:app", "timetrial_tracing:app"
_SEEDS = 2**32
_MOST_PADDING = 4096
"""Bytes: the length of the environment moves what is on the stack."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What moves the objects of a process, and so what it executes."""

    hash_seed: int
    padding: int

    @classmethod
    def by_chance(cls) -> Layout:
        return cls(secrets.randbelow(_SEEDS), secrets.randbelow(_MOST_PADDING))

    def variables(self) -> Mapping[str, str]:
        return {HASH_SEED: str(self.hash_seed), PADDING: "x" * self.padding}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a start runs, and where its log goes."""

    cpu: int
    log: Path


def counted_launch(  # noqa: PLR0913 - which stack, where, how it is laid out and wrapped
    prepared: PreparedStack,
    probe: Request,
    place: Place,
    layout: Layout,
    wrapper: str = COLLECTING,
    *,
    keeps_cookies: bool = False,
) -> CountedLaunch:
    """Build a start; a hash seed of the app's own stays."""
    inside = f"/{secrets.token_hex(16)}"
    launch = build_launch(
        wrapped(prepared, wrapper),
        port=free_port(HOST),
        cpus=(place.cpu,),
        log=place.log,
        probe=probe,
    )
    launch = with_wrapper(launch, prepared, {"TIMETRIAL_INSIDE_PATH": inside})
    return CountedLaunch(
        replace(launch, env={**layout.variables(), **launch.env}),
        prepared.server.keep_alive,
        None if prepared.stack.interface == "program" else inside,
        keeps_cookies,
    )
