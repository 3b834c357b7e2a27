"""The CPUs of the server, where their number is given."""

from __future__ import annotations

from collections.abc import Sequence

from timetrial.machine.placement import Placement
from timetrial.model import BadInput, comma_separated


def limited(placement: Placement, available: Sequence[int], cpus: int | None) -> Placement:
    """Give the server `cpus` CPUs; None: all that the load engine does not need.

    Where that leaves none for the load engine, it has to share one with the server, and the
    placement says so. Raises BadInput for more CPUs than there are.
    """
    planned = placement.server_cpus
    if cpus is None or cpus == len(planned):
        return placement
    if cpus < len(planned):
        return Placement(planned[:cpus], placement.generator_cpus, placement.warnings)
    if cpus > len(available):
        raise BadInput(f"--server-cpus {cpus}: there are {len(available)} CPUs here")
    server = tuple(sorted(available))[:cpus]
    shared = sorted({*server} & {*placement.generator_cpus})
    listed = comma_separated(shared)
    warning = (
        f"server and load engine share CPU {listed}, because {cpus} of {len(available)} CPUs are "
        f"the server's: throughput is what is left of it, and response times are not given"
    )
    return Placement(server, placement.generator_cpus, (*placement.warnings, warning))


def is_shared(placement: Placement) -> bool:
    return bool({*placement.server_cpus} & {*placement.generator_cpus})
