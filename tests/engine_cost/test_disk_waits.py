"""A generator that waits for sockets is not one that waits for disks."""

from __future__ import annotations

from typing import Literal

import pytest
from test_system_calls import require_backend

from timetrial.engine import ArrivalSchedule, Constant, Responder, SessionConfig, Stage, run_load
from timetrial.machine.machine_meter import MachineMeter
from timetrial.model.units import NS_PER_S

pytestmark = pytest.mark.live

FEW_A_SECOND = ArrivalSchedule((Stage(3.0, 20.0, 1.0),))
MOST_OF_THE_TIME = 0.5
"""A generator whose waits count as such waits nearly always; others use disks for moments."""


@pytest.mark.parametrize("backend", ["epoll", "io_uring"])
def test_waiting_for_responses_is_no_pressure_on_disks(
    backend: Literal["epoll", "io_uring"],
) -> None:
    require_backend(backend)
    meter = MachineMeter((0,), (0,))
    if meter.read().io_pressure_s is None:
        pytest.skip("needs Linux 6.15 or newer, with pressure stall information")
    with Responder(Constant(0.04)) as responder:
        before = meter.read()
        run_load(responder.address, FEW_A_SECOND, SessionConfig(4, (), 5.0, backend=backend))
        after = meter.read()
    assert before.io_pressure_s is not None
    assert after.io_pressure_s is not None
    waited_s = after.io_pressure_s - before.io_pressure_s
    assert waited_s * NS_PER_S / (after.at_ns - before.at_ns) < MOST_OF_THE_TIME
