"""What wrk adds to its histogram is taken out again, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.drivers import wrk_report
from timetrial.drivers.wrk import as_lua, batches
from timetrial.model.errors import ToolFailed
from timetrial.model.workload import Request


def corrected(measured: dict[int, int], interval: int) -> dict[int, int]:
    """Add samples as wrk does, and show those that it shows: none below the least."""
    found = Counter(measured)
    for value, count in measured.items():
        if value >= 2 * interval:
            for added in range(value - interval, interval, -interval):
                found[added] += count
    return {value: count for value, count in found.items() if value >= min(measured)}


@given(
    st.dictionaries(st.integers(1, 500), st.integers(1, 9), min_size=1),
    st.integers(1, 600),
)
def test_measured_samples_come_back(measured: dict[int, int], interval: int) -> None:
    assert wrk_report.uncorrected(corrected(measured, interval), interval) == measured


@pytest.mark.parametrize("output", ["", "Running 1s test", '{"duration": 1}'])
def test_another_report_than_expected_is_a_failure(output: str) -> None:
    with pytest.raises(ToolFailed) as failed:
        wrk_report.read(output)
    assert failed.value.tool == "wrk"
    assert "than expected" in failed.value.what


@given(st.integers(1, 5), st.integers(1, 7))
def test_batches_give_the_requests_in_turn(requests: int, depth: int) -> None:
    given_ = [Request(f"/{number}") for number in range(requests)]
    sent = batches(given_, "h", depth)
    paths = [line.split()[1] for each in sent for line in each.split(b"\r\n") if b"GET" in line]
    assert len(paths) == len(sent) * depth
    assert paths == [b"/%d" % (place % requests) for place in range(len(paths))]
    assert len(paths) % requests == 0


def test_any_bytes_can_stand_in_lua() -> None:
    assert as_lua([b'a"\\\0\xff\n1']) == 'return {\n  "a\\034\\092\\000\\255\\0101",\n}\n'
