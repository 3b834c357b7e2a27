"""Whether a server that somebody else started may run where the load generator does."""

from __future__ import annotations

from collections.abc import Sequence

from timetrial.machine.machine_meter import affinity
from timetrial.machine.ports import foreign_listeners


def beside_generator(address: str, generator_cpus: Sequence[int]) -> tuple[str, ...]:
    """Say which CPUs server and generator may share, as far as the server can be found.

    `address` is an IP address and a port. Sentences; none if they are apart.
    """
    _, _, port = address.rpartition(":")
    notes: list[str] = []
    for listener in foreign_listeners(int(port), ()):
        cpus = set(affinity(listener.pid)) if listener.pid is not None else set()
        shared = sorted(cpus & set(generator_cpus))
        apart = sorted(cpus - set(generator_cpus))
        if not shared:
            continue
        which = f"CPU {', '.join(map(str, shared))}"
        advice = f"; `taskset -acp {_span(apart)} {listener.pid}` keeps them apart" if apart else ""
        notes.append(f"The server ({listener}) and the load generator may share {which}{advice}.")
    return tuple(notes)


def _span(cpus: Sequence[int]) -> str:
    return ",".join(map(str, cpus))
