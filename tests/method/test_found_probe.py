"""Recorded rounds with a speed probe's readings, judged with and without them."""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from collections.abc import Mapping

import pytest
from synthetic import recording

import duet_bias
import found_probe
from found import Found
from known_difference import BASE, SHARES, name_of
from proof import Figure
from recorded import Recording, without_speed
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model.measurement import MachineConditions, Measurement
from timetrial.model.speed import CpuSpeed, Speed
from trials import QUICK

ROUNDS = 24
AROUND = MachineConditions(passed_s=4.0, server_cpus=(0,), measured_cpus=2)


def read_by_a_probe(kept: Recording, slower: Mapping[str, float] | None = None) -> Recording:
    """Let a probe read nearly all of what makes rounds differ; some stacks slow it down."""
    randomness = random.Random(7)  # noqa: S311 - numbers that must repeat

    def read(measurement: Measurement) -> Measurement:
        by = (slower or {}).get(measurement.trial.cell.stack, 0.0)
        log_ns = 12 + by - math.log(window_throughput(measurement.windows) / 1e4)
        windows = tuple(
            dataclasses.replace(
                window,
                # A server that is at work all the time.
                server_cpu_s=window.length_s,
                speed=Speed(700, (CpuSpeed(0, 7, log_ns + randomness.gauss(0, 0.002), 0.01),)),
            )
            for window in measurement.windows
        )
        return dataclasses.replace(measurement, windows=windows, surroundings=AROUND)

    return kept.each(read)


def rows_of(found: Found) -> dict[str, Figure]:
    return {row.what: row for own in found.tables.values() for row in own}


def test_readings_make_smaller_differences_visible() -> None:
    kept = read_by_a_probe(recording({"two": "ab", "four": "abcd"}, ROUNDS, noise=0.03))
    found = Found()
    effort = dataclasses.replace(QUICK, comparisons=8, power=6, power_of_many=6)
    assert list(found_probe.probe(found, "quiet", kept, effort))
    rows = rows_of(found)
    left = rows["variance left, 2 that alternate, throughput, all rounds"].measured
    assert float(left.partition(",")[0]) < 0.1
    assert rows["variance of differences that goes with readings (ρ²), throughput"].met
    (sizes,) = (
        row.measured for what, row in rows.items() if "alternate, throughput, with /" in what
    )
    with_it, without_it = (float(size.removesuffix(" %")) for size in sizes.split(" / "))
    assert with_it < without_it


def test_rounds_without_readings_have_no_rows() -> None:
    kept = recording({"two": "ab"}, ROUNDS)
    assert not found_probe.has_readings(kept)
    assert found_probe.has_readings(read_by_a_probe(kept))
    assert not found_probe.has_readings(read_by_a_probe(kept).each(without_speed))


@pytest.mark.parametrize(("by", "met"), [(0.0, True), (0.05, False)])
def test_a_stack_that_slows_the_probe_down_is_named(by: float, met: bool) -> None:  # noqa: FBT001 - a case
    stacks = list(duet_bias.STACKS)
    even = recording({duet_bias.ALL: stacks}, 20, noise=0.0, mood=0.0)
    found = Found()
    list(found_probe.readings(found, read_by_a_probe(even, {"gevent": by}), "now"))
    rows = rows_of(found)
    assert len(rows) == len(stacks) + 1
    assert rows["work of the probe beside gevent, off from the mean of the others, now"].met is met
    (farthest,) = (row for what, row in rows.items() if "farthest" in what)
    assert farthest.met is met


def test_speed_is_taken_out_of_the_throughput_of_one_stack() -> None:
    kept = read_by_a_probe(recording({"one": "a"}, ROUNDS, mood=0.1))
    run = kept.of("one")
    logs = [
        [math.log(window_throughput(each["a"].windows)) for each in rounds]
        for rounds in (run, found_probe.steadied(run))
    ]
    before, after = map(statistics.stdev, logs)
    assert after < before / 5
    unread = [{"a": without_speed(each["a"])} for each in run]
    assert found_probe.steadied(unread) == unread


def test_known_differences_are_covered_and_steps_are_found_with_readings() -> None:
    benchmarks = {f"two{name_of(share)}": (BASE, name_of(share)) for share in SHARES}
    ahead = {name_of(share): -share for share in SHARES}
    slower = dict(ahead.items())
    kept = read_by_a_probe(recording(benchmarks, ROUNDS, ahead=ahead, noise=0.02), slower)
    found = Found()
    list(found_probe.known(found, kept, dataclasses.replace(QUICK, comparisons=8)))
    rows = rows_of(found)
    assert "coverage, alternate, throughput, 12 rounds, with the probe" in rows
    assert sum("check recall" in what for what in rows) == 4
