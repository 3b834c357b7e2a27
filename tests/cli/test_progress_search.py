"""What is shown of a search for a capacity."""

from __future__ import annotations

import functools
import io
import json

from rich.console import Console

from timetrial.cli.progress.glyphs import BLOCKS, Size
from timetrial.cli.progress.search import CapacityProgress, SearchState, after, region
from timetrial.features.capacity.events import (
    CapacityEvent,
    Expected,
    Recovering,
    Starting,
    TrialBegins,
    TrialProceeds,
)
from timetrial.features.capacity.search import Interval
from timetrial.features.capacity.trial import PlannedTrial
from timetrial.verbs.options.progress import ProgressForm

ASK = PlannedTrial("adapt", 3, 391.0, 3.0)
PROCEEDS = TrialProceeds(ASK, 2.0, 68.0)


def shown(*events: CapacityEvent, width: int = 80) -> str:
    state = functools.reduce(after, events, SearchState(120.0))
    return "\n".join(line.plain for line in region(state, Size(width, 24), BLOCKS))


def written(*events: CapacityEvent, form: ProgressForm = "lines") -> str:
    text = io.StringIO()
    with CapacityProgress(Console(file=text, width=20), 120.0, form) as progress:
        for event in events:
            progress(event)
    return text.getvalue()


def test_a_terminal_says_which_rate_is_tried_and_the_interval_so_far() -> None:
    assert shown(Starting(0)) == "asking for the first answers · 2 min left"
    assert shown(TrialBegins(ASK, None, 70.0)) == "trying 391 req/s · 1 min 10 s left"
    begun = TrialBegins(ASK, Interval(380.0, 400.0), 60.0)
    assert shown(begun) == "trying 391 req/s · so far 380 to 400 · 1 min left"
    waiting = shown(begun, Recovering(ASK, 3.0, 50.0))
    assert waiting == "waiting for recovery after 391 req/s · so far 380 to 400 · 50 s left"
    assert all(len(line) <= 40 for line in shown(begun, width=40).splitlines())


def test_a_budget_that_is_short_for_a_slow_server_is_said_beforehand() -> None:
    first, second = written(Starting(0), Expected(30.0, 38.5, 460.0, 75.0)).splitlines()
    assert first == "search for the capacity, 2 min at most"
    assert second.startswith("near 30.0 requests/s a trial takes 38 s: ± 10 % takes about ")


def test_that_a_budget_is_short_is_said_whole_on_a_narrow_terminal() -> None:
    text = shown(Starting(0), Expected(30.0, 38.5, 460.0, 75.0), width=60)
    _, *lines = text.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert " ".join(lines).endswith("are left")


def test_nothing_is_written_while_a_rate_is_tried() -> None:
    begun = (Starting(0), TrialBegins(ASK, None, 70.0))
    for form in ("lines", "events"):
        assert written(*begun, PROCEEDS, form=form) == written(*begun, form=form)


def test_events_of_a_search_are_lines_of_json() -> None:
    said = written(Starting(0), TrialBegins(ASK, Interval(380.0, 400.0), 60.0), form="events")
    assert [json.loads(line) for line in said.splitlines()] == [
        {"event": "starting", "block": 0},
        {
            "event": "trial_begins", "rate_per_s": 391.0, "low_per_s": 380.0, "high_per_s": 400.0,
            "left_s": 60.0,
        },
    ]  # fmt: skip
