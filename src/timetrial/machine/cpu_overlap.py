"""Whether an external server may run on the CPUs of the load generator."""

from __future__ import annotations

from collections.abc import Sequence

from timetrial.machine.machine_meter import affinity
from timetrial.machine.ports import foreign_listeners


def beside_generator(address: str, generator_cpus: Sequence[int]) -> tuple[str, ...]:
    """Return a sentence for each server process that may share CPUs with the generator.

    `address` is an IP address and a port. A server that cannot be found is not mentioned.
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
        span = ",".join(map(str, apart))
        advice = f"; `taskset -acp {span} {listener.pid}` keeps them apart" if apart else ""
        notes.append(f"The server ({listener}) and the load generator may share {which}{advice}.")
    return tuple(notes)
