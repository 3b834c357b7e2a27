"""A calibration holds every figure to its truth, and says what the machine can measure."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import Console

from evidence import numbers_in
from timetrial._engine import Histogram
from timetrial.analysis.calibration import (
    Calibration,
    Distribution,
    Freeze,
    Observed,
    RateTrial,
    Row,
    Tallied,
    judge,
)
from timetrial.model.measurement import Counts
from timetrial.reports.calibration import as_data, conclusion, render

MS = 1_000_000


def histogram(durations_ns: Iterable[int]) -> Histogram:
    made = Histogram()
    for duration_ns in durations_ns:
        made.record(duration_ns)
    return made


def ok(count: int) -> Counts:
    return Counts(arrivals=count, ok=count)


def rate_trial(rate_per_s: int, lateness_ns: int = 100) -> RateTrial:
    return RateTrial(rate_per_s, ok(rate_per_s), rate_per_s, histogram([lateness_ns]), 0.5)


def constant(truth_ns: int, measured_ns: int) -> Distribution:
    measured = histogram([measured_ns])
    return Distribution(
        "constant", (0.5,), histogram([truth_ns]), measured, measured, histogram([100])
    )


def frozen() -> Freeze:
    """5 s at 1,000/s of which 2 s were frozen."""
    times = histogram([MS // 10] * 3000 + [waited_ms * MS for waited_ms in range(1, 2001)])
    return Freeze(5.0, 2.0, 5000, ok(5000), times)


def observed() -> Observed:
    return Observed(
        floor=replace(constant(MS // 20, MS // 20 + 30_000), name="no delay"),
        distributions=((constant(5 * MS, 5 * MS + 40_000),),),
        freeze=(frozen(),),
        tallied=(Tallied("pipelined", ok(7), 7, 7),),
        rates=(rate_trial(1000), rate_trial(2000), rate_trial(4000, lateness_ns=2 * MS)),
        server_cpus=(0,),
        generator_cpus=(1,),
    )


def row_of(calibration: Calibration, check: str, quantity: str) -> Row:
    (row,) = (
        row for row in calibration.rows if row.check == check and row.quantity == quantity
    )  # fmt: skip
    return row


def test_all_is_true() -> None:
    calibration = judge(observed())
    assert calibration.failed == ()
    assert calibration.highest_rate_per_s == 2000
    assert calibration.offset_ns == pytest.approx(40_000, abs=10_000)
    assert calibration.floor_ns == pytest.approx(30_000, abs=1_000)
    assert conclusion(calibration).startswith("All figures are right: ")
    assert 2_000 in numbers_in(conclusion(calibration))


@pytest.mark.parametrize(
    ("truth_ns", "measured_ns", "expected"),
    [
        (1 * MS, 1_045_000, True),
        (1 * MS, 1_060_000, False),
        (100 * MS, 101_500_000, True),
        (100 * MS, 98_500_000, True),
        (100 * MS, 103_000_000, False),
        (100 * MS, 97_000_000, False),
    ],
)
def test_a_percentile_may_be_off_by_2_percent_or_50_us(
    truth_ns: int, measured_ns: int, *, expected: bool
) -> None:
    seen = replace(observed(), distributions=((constant(truth_ns, measured_ns),),))
    for name in ("service time p50", "response time p50"):
        assert row_of(judge(seen), "constant", name).ok is expected


def test_what_is_known_of_a_freeze_follows_from_its_length() -> None:
    calibration = judge(observed())
    truths = [row.truth for row in calibration.rows if row.check == "freeze of 2 s"]
    assert truths == pytest.approx([MS, 750 * MS, 1500 * MS, 1950 * MS, 5000, 5000])


def test_a_freeze_that_is_left_out_is_found() -> None:
    omitted = replace(frozen(), response_time=histogram([MS // 10] * 4950 + [2000 * MS] * 50))
    calibration = judge(replace(observed(), freeze=(omitted,)))
    assert [row.quantity for row in calibration.failed] == [
        "response time p75",
        "response time p90",
        "response time p99",
    ]


def test_a_request_that_is_lost_is_found() -> None:
    lost = replace(frozen(), counts=Counts(arrivals=5000, ok=4999, censored=1))
    calibration = judge(replace(observed(), freeze=(lost,)))
    (row,) = calibration.failed
    assert (row.quantity, row.measured, row.truth) == ("correct responses", 4999, 5000)


@pytest.mark.parametrize("requests", [6, 8])
def test_counts_must_be_the_same_at_both_ends(requests: int) -> None:
    calibration = judge(replace(observed(), tallied=(Tallied("pipelined", ok(7), requests, 7),)))
    (row,) = calibration.failed
    assert (row.check, row.quantity) == ("pipelined", "requests")
    assert row.difference == 7 - requests


def test_a_rate_is_held_if_nothing_is_late_failed_or_unanswered() -> None:
    held = rate_trial(1000)
    assert held.held
    assert not rate_trial(1000, lateness_ns=MS + 10_000).held
    assert not replace(held, completions=980).held
    assert not replace(held, counts=Counts(arrivals=1000, ok=999, timeout=1)).held


def test_a_machine_that_is_never_on_time_fails() -> None:
    calibration = judge(replace(observed(), rates=(rate_trial(1000, lateness_ns=2 * MS),)))
    (row,) = calibration.failed
    assert (row.quantity, row.measured) == ("highest rate on time", 0)
    assert "at no rate" in conclusion(calibration)


def test_what_is_off_is_named_and_what_is_too_much_is_counted() -> None:
    seen = observed()
    seen = replace(
        seen,
        distributions=tuple(
            (replace(constant(MS, 2 * MS), name=name),) for name in ("one", "two", "three")
        ),
    )
    said = conclusion(judge(seen))
    assert numbers_in(said)[:2] == [6, 15]
    assert "(one: service time" in said
    assert "and 3 more)" in said


def test_what_is_off_once_and_right_when_repeated_is_right() -> None:
    stalled, fine = constant(MS, 2 * MS), constant(MS, MS)
    calibration = judge(replace(observed(), distributions=((stalled, fine),)))
    rows = [row for row in calibration.rows if row.quantity == "service time p50"][1:]
    assert [(row.ok, row.attempt, row.repeated) for row in rows] == [
        (False, 1, True),
        (True, 2, False),
    ]
    assert calibration.failed == ()
    assert calibration.offset_ns == 0


def test_what_is_off_twice_is_off_once() -> None:
    stalled = constant(MS, 2 * MS)
    calibration = judge(replace(observed(), distributions=((stalled, stalled),)))
    assert [row.quantity for row in calibration.failed] == ["service time p50", "response time p50"]
    assert numbers_in(conclusion(calibration))[:2] == [2, 11]


def test_what_was_right_at_first_is_not_judged_again() -> None:
    fine, stalled = constant(MS, MS), constant(MS, 2 * MS)
    calibration = judge(replace(observed(), distributions=((fine, stalled),)))
    assert calibration.failed == ()
    assert all(row.attempt == 1 for row in calibration.rows)


def test_the_repetition_of_a_rate_decides() -> None:
    rates = (rate_trial(1000, lateness_ns=2 * MS), rate_trial(1000), rate_trial(2000))
    calibration = judge(replace(observed(), rates=rates))
    assert calibration.highest_rate_per_s == 2000
    late = [row for row in calibration.rows if row.quantity == "own lateness p99 at 1,000/s"]
    assert [row.attempt for row in late] == [1, 2]


def test_the_floor_is_shown_and_not_judged() -> None:
    seen = replace(observed(), floor=replace(constant(0, MS), name="no delay"))
    calibration = judge(seen)
    assert row_of(calibration, "no delay", "service time p50").ok is None
    assert "off by 1.00" in conclusion(calibration)


def test_figures_without_a_truth_are_not_judged() -> None:
    row = Row("this machine", "generator CPU", "share", 0.5)
    assert row.ok is None
    assert row.difference is None


def test_the_table_shows_truth_measured_difference_and_verdict() -> None:
    seen = replace(
        observed(),
        distributions=((constant(MS, 2 * MS), constant(MS, MS)),),
        tallied=(Tallied("pipelined", ok(7), 8, 7),),
        warnings=("one CPU",),
    )
    written = io.StringIO()
    console = Console(width=80, file=written)
    console.print(render(seen, judge(seen)))
    lines = [" ".join(line.split()) for line in written.getvalue().splitlines()]
    assert "truth measured difference verdict" in lines
    assert "service time p50 1.00 ms 2.00 ms +1.00 ms (+100.0%) repeated" in lines
    assert "… once more 1.00 ms 1.00 ms 0 ok" in lines
    assert "requests 8 7 −1 (−12.5%) off" in lines
    assert "correct responses 7 7 0 ok" in lines
    assert "highest rate on time ≥ 1,000/s 2,000/s – ok" in lines
    assert "generator CPU at 1,000/s – 50% – –" in lines
    assert "server on CPU 0, generator on CPU 1" in lines
    assert "note: one CPU" in lines


def test_the_data_has_a_unit_for_every_figure() -> None:
    seen = observed()
    data = json.loads(json.dumps(as_data(seen, judge(seen))))
    assert data["ok"] is True
    assert data["highest_rate_per_s"] == 2000
    assert {row["unit"] for row in data["rows"]} == {"ns", "requests", "requests/s", "share"}
    assert (data["rows"][0]["check"], data["rows"][0]["ok"]) == ("no delay", None)
    first = next(row for row in data["rows"] if row["check"] == "constant")
    assert (first["quantity"], first["ok"]) == ("service time p50", True)
    assert (first["attempt"], first["repeated"]) == (1, False)
    assert first["difference"] == first["measured"] - first["truth"]
    assert first["allowed"] == pytest.approx(100_000, rel=0.01)


def test_nothing_measured_is_no_figure_and_no_success() -> None:
    none = Histogram()
    silent = Distribution("constant", (0.5,), none, none, none, none)
    trial = RateTrial(1000, ok(0), 0, none, 0.5)
    calibration = judge(replace(observed(), distributions=((silent,),), rates=(trial,)))
    row = row_of(calibration, "constant", "service time p50")
    assert (row.measured, row.truth, row.difference, row.ok) == (None, None, None, False)
    assert row in calibration.failed
    assert calibration.highest_rate_per_s == 0
    data = json.loads(json.dumps(as_data(observed(), calibration)))
    shown = [row for row in data["rows"] if row["check"] == "constant"]
    assert [row["measured"] for row in shown] == [None] * 3
    console = Console(file=io.StringIO(), width=120)
    console.print(render(observed(), calibration))
    assert isinstance(console.file, io.StringIO)
    assert "off" in console.file.getvalue()
