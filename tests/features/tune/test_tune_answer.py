"""What a search says first: the settings to run, how the others compare, and the command."""

from __future__ import annotations

import dataclasses
import re

import pytest
from scripted_truths import Scripted, flat, monotone, saturating, searched

from answers import check_every_terminal, check_every_width, printed
from timetrial.features.tune.answer import headline_of, render_answer, shown_lines
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.result import Tuned
from timetrial.model.race_info import Deployment
from timetrial.model.units import MIB

DEPLOYMENT = Deployment("1 worker", ("gunicorn", "mysite.wsgi"), ("gunicorn==27.0.1",))
MOST_LINES = 20


def a_search(truth: str) -> Tuned:
    if truth == "bounded":
        return searched(Scripted(monotone), TuningSpec(memory_bytes=75 * MIB))[0]
    return searched(Scripted({"flat": flat, "saturating": saturating}[truth], noise=0.004))[0]


@pytest.mark.parametrize("truth", ["flat", "saturating", "bounded"])
def test_it_is_whole_everywhere_with_the_verdict_first(truth: str) -> None:
    tuned = a_search(truth)
    answer = render_answer(tuned, DEPLOYMENT)
    check_every_width(answer, *(line.name for line in shown_lines(tuned)[:1]))
    check_every_terminal(answer)
    lines = printed(answer).splitlines()
    assert any(line.startswith(headline_of(tuned).label) for line in lines[:3])
    assert len(lines) <= MOST_LINES
    assert "gunicorn mysite.wsgi" in lines[-1]


def test_the_recommended_setting_is_compared_with_each_of_the_finals() -> None:
    tuned = a_search("saturating")
    first, *others = shown_lines(tuned)
    assert tuned.choice is not None
    assert first.candidate == tuned.choice.candidate
    assert first.ratio is None
    assert all(line.ratio is not None for line in others)
    for line in others:
        assert line.ratio is not None
        excludes_one = not (line.ratio.low or 0) <= 1 <= (line.ratio.high or 2)
        assert excludes_one == (line.verdict in {"higher", "lower"})


def test_the_settings_without_a_line_are_counted() -> None:
    tuned = a_search("saturating")
    text = " ".join(printed(render_answer(tuned)).split())
    found = re.search(r"(\d+) more measured and (\d+) not measured: --details", text)
    assert found is not None
    assert sum(map(int, found.groups())) + len(shown_lines(tuned)) == len(tuned.lines)


def test_without_a_figure_nothing_is_recommended() -> None:
    said = headline_of(dataclasses.replace(a_search("flat"), choice=None))
    assert (said.label, said.failed) == ("NO RECOMMENDATION", True)


def test_quiet_leaves_verdict_and_table() -> None:
    tuned = a_search("flat")
    brief = printed(render_answer(tuned, DEPLOYMENT, brief=True))
    assert brief.rstrip() in printed(render_answer(tuned, DEPLOYMENT))
    assert "gunicorn mysite.wsgi" not in brief
