"""What a terminal shows of a run: it fits, whatever the terminal and the moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from progress_events import NAMES, NEVER_STARTS, events, state_after

from timetrial.cli.progress.bars import figure_bar, share_bar
from timetrial.cli.progress.glyphs import ASCII, BLOCKS, Glyphs, Size
from timetrial.cli.progress.region import region
from timetrial.cli.progress.state import ProgressState
from timetrial.features.tune.result import StageBegun
from timetrial.model.events import (
    BenchmarkOutline,
    CountingStack,
    EnvironmentBuilding,
    ExperimentRunning,
    RoundMeasured,
    RunStarted,
    StackDropped,
    Standing,
    WarmingUp,
)
from timetrial.model.experiment import Occasion
from timetrial.model.summary import Comparison, Estimate


def shown(state: ProgressState, width: int = 100, height: int = 40, glyphs: Glyphs = BLOCKS) -> str:
    return "\n".join(line.plain for line in region(state, Size(width, height), glyphs))


@given(
    share=st.floats(0, 1),
    width=st.integers(20, 200),
    height=st.integers(3, 60),
    glyphs=st.sampled_from([BLOCKS, ASCII]),
)
def test_it_fits_at_every_moment(share: float, width: int, height: int, glyphs: Glyphs) -> None:
    told = events()[: round(share * len(events()))]
    lines = region(state_after(told), Size(width, height), glyphs)
    assert len(lines) < height
    assert all(line.cell_len <= width for line in lines)
    assert all("\n" not in line.plain for line in lines)


@pytest.mark.parametrize(("width", "height"), [(60, 24), (80, 24), (100, 40), (140, 60)])
def test_fifteen_servers_have_a_line_each_with_round_figure_and_bar(
    width: int, height: int
) -> None:
    state = state_after(events(3, NAMES)[:-1])
    text = shown(state, width, height)
    heading, *rest = text.splitlines()
    assert heading.startswith("run 1 · round 3 of 3")
    table = rest[:16]
    assert table[0].split()[1:] == ["req/s", "provisional"]
    assert {row.split()[0] for row in table[1:]} == set(NAMES)
    for row in table[1:-1]:
        assert "█" in row
        assert "2," in row or "1," in row
    assert table[-1].strip() == NEVER_STARTS
    assert "2,380–2,440" in text
    assert text.count("provisional") == (2 if height >= 40 else 1), "benchmarks"


def test_of_too_many_servers_the_first_are_shown_and_the_others_counted() -> None:
    text = shown(state_after(events(3, NAMES)), 80, 12)
    assert "waitress" in text
    assert "… 8 more" in text


def test_a_run_that_ends_by_precision_shows_what_is_known_least() -> None:
    ratio = Comparison(
        "throughput", "uwsgi", "uvicorn", Estimate(1.004, 0.983, 1.025, 7), None, "no verdict"
    )
    text = shown(state_after([*events()[:-1], RoundMeasured(3, 3, "hello", ratio, 5.0)]))
    said = "widest interval: +0.4 % [-1.7, +2.5] requests a second, uvicorn against uwsgi in hello"
    assert f"\n{said}" in text


def test_a_line_that_is_cut_off_says_so() -> None:
    state = state_after([EnvironmentBuilding("waitress", 2, 5)])
    assert shown(state, 15) == "installing wai…"
    assert shown(state, 15, glyphs=ASCII) == "installing wai~"
    assert shown(state, 28) == "installing waitress (2 of 5)"


def test_names_of_commits_are_whole_at_80_columns() -> None:
    names = ("gunicorn-gthread, main (a552d51f30)", "gunicorn-gthread, working tree")
    figure = Estimate(2_000.0, 1_900.0, 2_100.0, 3)
    standing = Standing("saturation", tuple((name, figure) for name in names))
    started = RunStarted(1, 12, 24, 60.0, (BenchmarkOutline("saturation", names),))
    measured = RoundMeasured(3, 12, "saturation", None, 45.0, (standing,))
    text = shown(state_after([started, measured]), 80)
    assert all(f"{name} " in text for name in names)
    assert text.count("1,900–2,100") == 2


def test_an_encoding_without_blocks_has_bars_too() -> None:
    text = shown(state_after(events()), glyphs=ASCII)
    assert "####" in text
    assert text.isascii()


def test_the_server_that_is_measured_is_marked_and_what_is_done_comes_last() -> None:
    told = events()
    state = state_after(told[: next(i for i, e in enumerate(told) if isinstance(e, WarmingUp)) + 1])
    assert shown(state).splitlines()[-1].startswith("warming up ")


def test_before_a_run_the_one_line_says_what_is_done() -> None:
    state = state_after([EnvironmentBuilding("waitress", 2, 5)])
    assert shown(state) == "installing waitress (2 of 5)"


def test_what_left_a_race_says_so_in_place_of_its_bar() -> None:
    text = shown(state_after([*events(), StackDropped("uvicorn", 3)]))
    (row, *_) = [line for line in text.splitlines() if "uvicorn" in line]
    assert row.endswith("left after round 3")


def test_a_search_names_its_stage_and_experiments_their_number() -> None:
    stage = StageBegun("rung", 1, 19, 2, 288.0)
    assert shown(state_after([stage, *events()[:3]])).startswith("rung 1, 19 settings · round 1")
    occasion = ExperimentRunning(Occasion(2, "waitress", "worker"), 3, 10, 70.0)
    heading, doing = shown(state_after([*events(), occasion])).splitlines()
    assert heading.startswith("life cycle · 3 of 10 experiments · about 1 min 10 s left")
    assert doing == "killing a worker of waitress under load"
    counting = CountingStack("waitress", 1, 4, 70.0)
    heading, doing = shown(state_after([*events(), counting])).splitlines()
    assert heading.startswith("counting instructions · 1 of 4 starts · about 1 min 10 s left")
    assert doing == "counting what requests to waitress execute"


@given(
    value=st.floats(0, 1e6),
    below=st.floats(0, 1),
    above=st.floats(1, 100),
    most=st.floats(0, 1e6),
    width=st.integers(1, 60),
)
def test_bars_are_never_longer_than_their_place(
    value: float, below: float, above: float, most: float, width: int
) -> None:
    for ends in (None, (value * below, value * above)):
        bar = figure_bar(value, ends, most, width, BLOCKS)
        assert len(bar.sure) + len(bar.interval) <= width
    share = share_bar(below, width, BLOCKS)
    assert len(share.sure) + len(share.interval) == width


def test_a_bar_ends_at_its_figure_and_is_shaded_over_its_interval() -> None:
    bar = figure_bar(6.0, (4.0, 8.0), 10.0, 10, BLOCKS)
    assert (bar.sure, bar.interval) == ("████", "▒▒┃▒")
    assert figure_bar(6.0, None, 10.0, 10, BLOCKS).sure == "██████"
