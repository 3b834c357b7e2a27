"""What is told while a run goes on: to people who look, and to a log."""

from __future__ import annotations

import dataclasses
import io

from rich.console import Console

from timetrial.cli.progress import RunProgress
from timetrial.model.events import (
    BenchmarkStopped,
    Event,
    PilotStarted,
    ProvisionalRanking,
    RaceExpected,
    RateSet,
    RoundMeasured,
    RunStarted,
    StackStarting,
)
from timetrial.model.load import CapacityShareLoad, ShareOfCapacity
from timetrial.model.stop_rule import StopDecision
from timetrial.model.summary import Comparison, Estimate

WIDEST = Comparison(
    "throughput",
    "uwsgi",
    "uvicorn",
    Estimate(1.004, 0.983, 1.025, 7),
    None,
    "no verdict",
    provisional=True,
)
STARTED = RunStarted(run=3, rounds=12, trials=48, expected_s=130.0)
MEASURED = RoundMeasured(7, 18, "hello", WIDEST, remaining_s=95.0)


def told(*events: Event, terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=160, no_color=True)
    with RunProgress(console) as progress:
        for event in events:
            progress(event)
    return text.getvalue()


def test_a_log_gets_a_line_for_each_round_however_narrow_it_is() -> None:
    assert told(MEASURED, terminal=False) == (
        "after round 7 of 18: uvicorn against uwsgi in hello: +0.4 % [-1.7, +2.5] requests a "
        "second, provisional; about 1 min 35 s left\n"
    )


def test_how_servers_stand_is_marked_as_no_verdict() -> None:
    first = ProvisionalRanking(1, (("uvicorn", 2_340.0), ("gunicorn", 987.0)), windows=1)
    said = "1 window each, provisional, no verdict: uvicorn 2,340 · gunicorn 987 requests/s\n"
    assert told(PilotStarted(6, 12.0), first, terminal=False).endswith(f"pilot, after {said}")
    later = dataclasses.replace(first, round=2, windows=0)
    assert "after 2 rounds, provisional, no verdict: uvicorn" in told(later, terminal=False)
    shown = told(STARTED, first, later, StackStarting(3, "uvicorn"), terminal=True)
    assert "after 2 rounds, provisional" in shown


def test_a_look_is_not_provisional_and_an_end_has_no_time_left() -> None:
    final = dataclasses.replace(WIDEST, provisional=False)
    last = RoundMeasured(12, 12, "hello", final, remaining_s=0.0)
    said = told(last, terminal=False)
    assert "[-1.7, +2.5]" in said
    assert "provisional" not in said
    assert "left" not in said


def test_before_there_is_an_interval_none_is_shown() -> None:
    assert told(RoundMeasured(1, 18, "", None, 95.0), terminal=False) == ""


def test_the_line_shows_the_present_interval_and_the_time_left() -> None:
    shown = told(STARTED, MEASURED, StackStarting(8, "uwsgi"), terminal=True)
    assert (
        "round 8  ·  0 of 48 trials  ·  1 min 35 s left  ·  uvicorn against uwsgi in hello: "
        "+0.4 % [-1.7, +2.5] requests a second, provisional  ·  starting uwsgi"
    ) in shown


def test_before_all_rounds_none_is_counted() -> None:
    shown = told(StackStarting(0, "uwsgi"), terminal=True)
    assert "starting uwsgi" in shown
    assert "round" not in shown


def test_the_end_of_a_benchmark_is_told_with_its_reason() -> None:
    stop = StopDecision("hello", 12, "every pair differs")
    said = told(BenchmarkStopped(stop), terminal=False)
    assert said.startswith("hello ")
    assert said.endswith(f" 12: {stop.reason}\n")


def test_a_pilot_is_told_apart_from_the_run() -> None:
    shown = told(PilotStarted(6, 12.0), StackStarting(1, "uwsgi"), STARTED, terminal=True)
    assert "6 trials, about" in shown
    assert "pilot, round 1" in shown
    assert "pilot, round" not in told(PilotStarted(6, 12.0), STARTED, terminal=True)


def test_a_rate_is_told_with_what_it_is_a_share_of() -> None:
    load = CapacityShareLoad(0.5).at(620.0, ShareOfCapacity(0.5, "waitress", 1_240.0, 16))
    assert told(RateSet("half", load), terminal=False) == (
        "half: 620 requests a second, Poisson arrivals, 50 % of the smallest capacity (waitress, "
        "1,240 requests/s)\n"
    )


def test_how_long_a_race_takes_is_a_line_that_stays() -> None:
    said = "15 servers: about 6 min 10 s, 3 rounds; --servers narrows it, --budget sets it\n"
    given = RaceExpected(15, 370.0, is_given=False, rounds=3, rounds_of_verdict=3, verdict_s=340.0)
    assert told(given, terminal=False) == said
