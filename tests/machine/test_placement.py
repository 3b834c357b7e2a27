"""CPUs are divided between server and generator; the machine is described."""

from __future__ import annotations

import os

import pytest

from timetrial.machine.placement import Placement, available_cpus, physical_cores, place
from timetrial.machine.this_machine import read_machine


@pytest.mark.parametrize(
    ("cpus", "server", "generator"),
    [
        ([0, 1], (0,), (1,)),
        ([5, 3], (3,), (5,)),
        ([0, 1, 2], (0, 1), (2,)),
        (range(4), (0, 1, 2), (3,)),
        (range(8), (0, 1, 2, 3, 4, 5), (6, 7)),
        (range(16), tuple(range(12)), (12, 13, 14, 15)),
    ],
)
def test_the_last_quarter_goes_to_the_generator(
    cpus: list[int], server: tuple[int, ...], generator: tuple[int, ...]
) -> None:
    assert place(cpus) == Placement(server, generator)


def test_a_single_cpu_is_shared_with_a_warning() -> None:
    placement = place([3])
    assert placement.server_cpus == placement.generator_cpus == (3,)
    assert "only CPU" in placement.warnings[0]


def test_without_a_cpu_there_is_no_placement() -> None:
    with pytest.raises(ValueError, match="no CPU"):
        place([])


def test_threads_of_one_core_stay_together() -> None:
    """The usual numbering: CPU n and CPU n + 4 are threads of core n."""
    placement = place(range(8), {cpu: cpu % 4 for cpu in range(8)})
    assert placement == Placement((0, 1, 2, 4, 5, 6), (3, 7))


def test_two_threads_of_a_single_core_are_divided_with_a_warning() -> None:
    placement = place([0, 1], {0: 0, 1: 0})
    assert (placement.server_cpus, placement.generator_cpus) == ((0,), (1,))
    assert "one physical core" in placement.warnings[0]


@pytest.mark.parametrize("count", range(2, 40))
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_every_cpu_is_given_to_exactly_one_side(count: int, threads: int) -> None:
    placement = place(range(count), {cpu: cpu // threads for cpu in range(count)})
    assert sorted(placement.server_cpus + placement.generator_cpus) == list(range(count))
    assert placement.server_cpus
    assert placement.generator_cpus


def test_the_cpus_of_this_process_are_known() -> None:
    cpus = available_cpus()
    assert set(cpus) == os.sched_getaffinity(0)
    assert physical_cores(cpus).keys() in ({*cpus}, set())


def test_the_machine_is_described() -> None:
    placement = Placement((0,), (0,), ("a warning",))
    machine = read_machine(placement)
    assert machine.kernel == os.uname().release
    assert machine.cpu_model
    assert machine.cores == os.cpu_count()
    assert machine.memory_bytes > 16 * 1024 * 1024
    assert machine.server_cpus == machine.generator_cpus == (0,)
    assert machine.warnings[0] == "a warning"
