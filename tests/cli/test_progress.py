"""What a log gets of a run while it goes on, and where progress is shown how."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Mapping

import pytest
from progress_events import FEW, NEVER_STARTS, events, lines_of
from rich.console import Console

from timetrial.cli.progress.event_json import event_line
from timetrial.cli.progress.form import Shown, shown_as
from timetrial.cli.progress.observer import RunProgress
from timetrial.features.tune.result import StageBegun
from timetrial.model.events import (
    BenchmarkOutline,
    BenchmarkStopped,
    CountingStack,
    EnvironmentBuilding,
    Event,
    ExperimentRunning,
    PilotStarted,
    ProvisionalRanking,
    RaceExpected,
    RateSet,
    ReadingLog,
    RoundMeasured,
    RunStarted,
    StackFailedToServe,
    TrialProgress,
)
from timetrial.model.experiment import Occasion
from timetrial.model.load import CapacityShareLoad, ShareOfCapacity
from timetrial.model.measurement import Failure
from timetrial.model.stop_rule import StopDecision
from timetrial.model.summary import Comparison, Estimate
from timetrial.model.trial import Cell
from timetrial.verbs.options.progress import ProgressForm

WIDEST = Comparison(
    "throughput",
    "uwsgi",
    "uvicorn",
    Estimate(1.004, 0.983, 1.025, 7),
    None,
    "no verdict",
    provisional=True,
)
STARTED = RunStarted(3, 12, 48, 130.0, (BenchmarkOutline("hello", ("uvicorn", "uwsgi")),))
MEASURED = RoundMeasured(7, 18, "hello", WIDEST, remaining_s=95.0)
OPEN_WINDOW = TrialProgress(1, Cell("hello", "uvicorn"), 1_000.0, 0.5)


@pytest.fixture(autouse=True)
def _on_a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def told(*said: Event | StageBegun) -> list[str]:
    return [line.text for line in lines_of(*said)]


def test_a_log_gets_a_line_a_round_with_the_leader_and_the_time_left() -> None:
    rounds = [line for line in told(*events()) if "; " in line or "run 1" in line]
    assert re.fullmatch(r"run 1: 4 servers, 2 benchmarks, 3 rounds, about \d+ s", rounds[0])
    assert [line.partition(";")[0] for line in rounds[1:]] == [
        "round 1 of 3", "round 2 of 3", "round 3 of 3",
    ]  # fmt: skip
    leaders = r"provisional leaders: waitress in hello \(2,4\d0 req/s\), waitress in echo \(.*\)"
    for line in rounds[1:3]:
        assert re.fullmatch(rf"round \d of 3; about \d+ s left; {leaders}", line)
    assert re.fullmatch(rf"round 3 of 3; {leaders}", rounds[3])


def test_a_server_that_fails_in_each_round_is_named_once() -> None:
    faults = [line for line in lines_of(*events()) if line.is_fault]
    assert [line.text for line in faults] == [
        f"{NEVER_STARTS}, round 1, start: it exited with code 1"
    ]
    other = Failure(2, NEVER_STARTS, "hello", "measure", "it died", "")
    assert len(lines_of(*events(), StackFailedToServe(other))) == len(lines_of(*events())) + 1


def test_the_widest_interval_is_named_where_a_run_looks_at_it() -> None:
    (line,) = told(MEASURED)
    assert line == (
        "round 7 of 18; about 1 min 35 s left; widest interval: +0.4 % [-1.7, +2.5] requests a "
        "second, provisional, uvicorn against uwsgi in hello"
    )


def test_a_run_that_is_ended_by_hand_has_no_time_left() -> None:
    first, *rounds = told(*events(4, FEW[:1], watch=True))
    assert first == "run 1: 1 server, 2 benchmarks, Ctrl-C ends it"
    assert rounds[0] == "round 1"


def test_how_servers_stand_is_marked_as_no_verdict_and_told_before_the_first_round() -> None:
    first = ProvisionalRanking(1, (("uvicorn", 2_340.0), ("gunicorn", 987.0)), windows=1)
    pilot = PilotStarted(6, 12.0, 1, STARTED.benchmarks)
    later = dataclasses.replace(first, windows=0)
    assert told(pilot, first, STARTED, later) == [
        "pilot, to find the rates: 2 servers, 1 round, about 12 s",
        "pilot, after 1 window each, provisional, no verdict: uvicorn 2,340; gunicorn 987 req/s",
        "run 3: 2 servers, 12 rounds, about 2 min 10 s",
    ]


def test_the_end_of_a_benchmark_is_told_with_its_reason() -> None:
    stop = StopDecision("hello", 12, "every pair differs")
    assert told(BenchmarkStopped(stop)) == ["hello ends after round 12: every pair differs"]


def test_a_rate_is_told_with_what_it_is_a_share_of() -> None:
    load = CapacityShareLoad(0.5).at(620.0, ShareOfCapacity(0.5, "waitress", 1_240.0, 16))
    (line,) = told(RateSet("half", load))
    assert line == (
        "half: 620 requests a second, Poisson arrivals, 50 % of the smallest capacity (waitress, "
        "1,240 requests/s)"
    )


def test_a_stage_of_a_search_is_told_in_place_of_its_run() -> None:
    stage = StageBegun("rung", 1, 19, 2, 288.0)
    assert told(stage, STARTED) == ["rung 1: 19 settings, 2 rounds; 4 min 48 s of the budget left"]


def test_experiments_are_told_once_a_repeat() -> None:
    occasions = [
        Occasion(repeat, "waitress", kind) for repeat in (1, 2) for kind in ("stop", "worker")
    ]
    said = [
        ExperimentRunning(occasion, done, 4, 10.0 * (4 - done))
        for done, occasion in enumerate(occasions)
    ]
    assert told(*said) == [
        "life cycle: repeat 1; 0 of 4 experiments done; about 40 s left",
        "life cycle: repeat 2; 2 of 4 experiments done; about 20 s left",
    ]


def test_counting_is_told_once() -> None:
    said = [CountingStack(name, done, 2, 50.0 - done) for done, name in enumerate("ab")]
    assert told(*said) == ["counting what requests execute: 2 starts, about 50 s"]


def test_only_a_log_that_takes_long_is_told() -> None:
    assert told(ReadingLog("access.log", 0)) == []
    reading = [ReadingLog("access.log", lines) for lines in (0, 100_000, 200_000)]
    assert told(*reading) == ["reading access.log"]


@pytest.mark.parametrize(
    ("form", "is_terminal", "environ", "shown"),
    [
        ("auto", True, {"TERM": "xterm"}, "region"),
        ("auto", True, {"TERM": "dumb"}, "lines"),
        ("auto", True, {"TERM": "xterm", "NO_COLOR": "1"}, "lines"),
        ("auto", True, {"TERM": "xterm", "NO_COLOR": ""}, "region"),
        ("auto", False, {"TERM": "xterm"}, "lines"),
        ("lines", True, {"TERM": "xterm"}, "lines"),
        ("events", True, {"TERM": "xterm"}, "events"),
    ],
)
def test_a_region_needs_a_terminal_that_is_not_told_to_be_plain(
    form: ProgressForm, *, is_terminal: bool, environ: Mapping[str, str], shown: Shown
) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal, _environ=environ)
    assert shown_as(form, console, environ) == shown


@pytest.mark.parametrize("form", ["auto", "lines", "events"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_written_while_a_window_is_open(
    form: ProgressForm, *, is_terminal: bool
) -> None:
    text = io.StringIO()
    with RunProgress(Console(file=text, force_terminal=is_terminal), form) as progress:
        for event in events()[:40]:
            progress(event)
        before = text.tell()
        progress(OPEN_WINDOW)
        assert text.tell() == before


@pytest.mark.parametrize("is_terminal", [True, False])
def test_each_trial_has_a_line_where_that_is_asked_for(*, is_terminal: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=is_terminal, width=100)
    with RunProgress(console, each_trial=True) as progress:
        for event in events():
            progress(event)
    for number in (1, 18):
        assert re.search(
            rf"trial {number} of 24: round \d, \S+ in (hello|echo): [12],\d+ req/s\n",
            text.getvalue(),
        )


def test_a_log_has_no_width() -> None:
    text = io.StringIO()
    with RunProgress(Console(file=text, width=20), "lines") as progress:
        progress(EnvironmentBuilding("gunicorn-gthread", 1, 5))
    assert text.getvalue() == "installing gunicorn-gthread (1 of 5)\n"


def test_events_are_lines_of_json_that_hold_no_samples() -> None:
    text = io.StringIO()
    with RunProgress(Console(file=text, width=20), "events") as progress:
        for event in events():
            progress(event)
    lines = text.getvalue().splitlines()
    parsed = [json.loads(line) for line in lines]
    assert len(parsed) == len(events())
    assert {line["event"] for line in parsed} == {
        "run_started", "stack_starting", "stack_ready", "stack_failed_to_serve", "warming_up",
        "benchmark_started", "window_measured", "trial_stored", "round_measured", "run_ended",
    }  # fmt: skip
    assert max(map(len, lines)) < 5_000
    (last,) = [line for line in parsed if line["event"] == "round_measured" and line["round"] == 3]
    assert last["standings"][0]["stacks"][0]["stack"] == "waitress"
    stored = [line for line in parsed if line["event"] == "trial_stored"]
    assert [line["done"] for line in stored] == list(range(1, len(stored) + 1))


def test_every_event_can_be_written() -> None:
    load = CapacityShareLoad(0.5).at(620.0, ShareOfCapacity(0.5, "waitress", 1_240.0, 16))
    further: list[Event | StageBegun] = [
        RateSet("half", load), StageBegun("rung", 1, 19, 2, 288.0), MEASURED,
        ExperimentRunning(Occasion(1, "waitress", "stop"), 0, 4, 40.0),
        CountingStack("waitress", 0, 2, 50.0),
        BenchmarkStopped(StopDecision("hello", 12, "every pair differs")),
        PilotStarted(6, 12.0, 1, STARTED.benchmarks), ProvisionalRanking(1, (("uvicorn", 1.0),)),
    ]  # fmt: skip
    for event in further:
        assert json.loads(event_line(event))["event"] in event_line(event)


def test_how_long_a_race_takes_is_told() -> None:
    given = RaceExpected(15, 370.0, is_given=False, rounds=3, rounds_of_verdict=3, verdict_s=340.0)
    said = "15 servers: about 6 min 10 s, 3 rounds; --servers narrows it, --budget sets it"
    assert told(given) == [said]
    pair = dataclasses.replace(given, servers=2)
    assert told(pair) == ["2 servers: about 6 min 10 s, 3 rounds; --budget sets it"]
