"""What an idle connection costs the generator in memory of its own."""

from __future__ import annotations

import pytest

from idle_memory import Backend, Unmeasured, bytes_per_connection
from timetrial.engine import Responder

pytestmark = pytest.mark.live

KIB = 1024


@pytest.mark.parametrize("backend", ["epoll", "io_uring"])
def test_an_idle_connection_takes_less_than_8_kib(backend: Backend) -> None:
    with Responder() as responder:
        try:
            found = bytes_per_connection(responder.address, backend)
        except Unmeasured as reason:
            if "io_uring" in str(reason):
                pytest.skip(f"io_uring cannot be used here: {reason}")
            raise
    assert 0 < found < 8 * KIB
