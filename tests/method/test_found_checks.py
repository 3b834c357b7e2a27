"""Checks judged by rounds with a fault: found, for the right reason, and silent otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from synthetic import CONDITIONS, recording

import fault_rounds
from evidence import numbers_in
from fault_rounds import Pools
from faults import FAULTS, RUN, SOUND
from found import Found
from found_checks import checks as judged
from found_checks import count, doubts, step, stretched
from known_difference import BASE, SHARES, name_of
from proof import NOT_MEASURED, Figure
from recorded import Recording
from replay import Round
from timetrial.model.finding import Finding
from timetrial.model.measurement import Counts, Measurement
from timetrial.model.trial import Cell
from trials import QUICK

ROUNDS = 24


def sound(rounds: int = ROUNDS) -> list[Measurement]:
    return [each["a"] for each in recording({"one": "a"}, rounds, noise=0.002).of("one")]


def failing(measurement: Measurement) -> Measurement:
    windows = tuple(
        dataclasses.replace(w, counts=Counts(w.completions, w.completions * 99 // 100))
        for w in measurement.windows
    )
    return dataclasses.replace(measurement, windows=windows)


def saturated(measurement: Measurement) -> Measurement:
    windows = tuple(dataclasses.replace(w, generator_cpu_s=0.95) for w in measurement.windows)
    return dataclasses.replace(measurement, windows=windows)


def known(ahead: Mapping[str, float]) -> Recording:
    benchmarks = {f"two{name_of(share)}": (BASE, name_of(share)) for share in SHARES}
    return recording(benchmarks, ROUNDS, ahead=ahead, noise=0.005, mood=0.005)


def rows_of(
    pools: Mapping[str, Sequence[Measurement]],
    known_: Recording | None = None,
    quiet: Recording | None = None,
) -> dict[str, Figure]:
    found = Found()
    for _ in judged(found, Pools(pools, CONDITIONS), known_, quiet, QUICK):
        pass
    rows = found.tables["Checks"]
    return {row.what: row for row in rows if not row.measured.startswith(NOT_MEASURED)}


def test_a_fault_that_its_gate_names_is_found() -> None:
    (row,) = rows_of({"errors": [failing(each) for each in sound()]}).values()
    assert numbers_in(row.what) == [1, ROUNDS]
    assert numbers_in(row.measured) == [100.0, 85.8, 100.0, ROUNDS]
    assert "by errors" in row.measured
    assert row.met


def test_a_fault_that_another_gate_names_is_missed() -> None:
    (row,) = rows_of({"errors": [saturated(each) for each in sound()]}).values()
    assert numbers_in(row.measured) == [0.0, 0.0, 14.2, ROUNDS]
    assert "generator-saturated" in row.measured
    assert not row.met


def test_rounds_without_a_fault_are_counted_by_what_fires() -> None:
    own = [*sound(), *map(saturated, sound(2))]
    (row,) = rows_of({SOUND: own}).values()
    assert "quiet machine" in row.what
    assert row.measured.endswith("generator-saturated 2")
    assert 26 in numbers_in(row.measured)
    assert row.met is False


def test_a_step_and_a_drift_are_made_of_rounds_at_known_costs() -> None:
    rows = rows_of({}, known({name_of(share): -share for share in SHARES}))
    recalled = {
        (kind, *numbers_in(what)[-2:]): row.met
        for what, row in rows.items()
        for kind in ("a step of 5 %", "a drift by 5 %")
        if what.startswith(f"check recall, {kind}")
    }
    assert recalled["a step of 5 %", RUN, ROUNDS]
    assert recalled["a drift by 5 %", RUN, ROUNDS]
    assert recalled["a drift by 5 %", 32, ROUNDS]
    assert any("without a step" in what for what in rows)


def test_the_smallest_step_that_is_found_is_larger_than_the_noise() -> None:
    rows = rows_of({}, known({name_of(share): -share for share in SHARES}))
    (found,) = [row.measured for what, row in rows.items() if what.startswith("smallest step")]
    few, many = (float(each.removesuffix(" %")) for each in found.split(" / "))
    assert 0.5 < many <= few < 6


def test_a_drift_lasts_as_long_as_the_run() -> None:
    assert stretched([0.0, 0.1], 6) == [0.0, 0.0, 0.0, 0.1, 0.1, 0.1]
    assert step(4, 0.1) == [0.0, 0.0, 0.1, 0.1]


def test_a_step_that_is_none_is_not_found() -> None:
    rows = rows_of({}, known({}))
    assert not any(row.met for what, row in rows.items() if "recall" in what)


def test_rounds_of_all_benchmarks_of_a_quiet_recording_are_judged() -> None:
    benchmarks = {"two": "ab", "four": "abcd", "duet": "ab"}
    rows = rows_of({}, quiet=recording(benchmarks, ROUNDS, noise=0.002))
    (quiet,) = (row for what, row in rows.items() if "quiet machine, rounds" in what)
    assert " of 72" in quiet.measured
    assert any("of two stacks" in what for what in rows)


def test_a_note_is_no_doubt_and_one_round_is_few_by_design() -> None:
    cell = Cell("one", "a")
    found = [Finding("a", "note", cell, ""), Finding("too-few-rounds", "doubtful", cell, "")]
    assert doubts([*found, Finding("b", "doubtful", cell, "")]) == {"b"}


def test_a_fault_without_rounds_is_said_to_be_not_measured() -> None:
    found = Found()
    for _ in judged(found, Pools({}, CONDITIONS), None, None, QUICK):
        pass
    assert {row.measured for row in found.tables["Checks"]} == {f"{NOT_MEASURED}: 0 rounds"}
    assert all(row.met is None for row in found.tables["Checks"])


def test_a_run_with_the_right_finding_twice_is_one_hit() -> None:
    both: list[Round] = [{"a": failing(each), "b": failing(each)} for each in sound(3)]
    counted = count([both], frozenset({"errors"}))
    assert (counted.runs, counted.hits, counted.right["errors"]) == (1, 1, 1)


def test_rounds_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    pools = Pools({fault.name: sound(2) for fault in FAULTS}, CONDITIONS)
    fault_rounds.write(pools, tmp_path / fault_rounds.FILE)
    assert fault_rounds.read(tmp_path / fault_rounds.FILE).rounds == pools.rounds
