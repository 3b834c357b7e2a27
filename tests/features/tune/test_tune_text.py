"""What people read of a search."""

from __future__ import annotations

import dataclasses
import io
import json
import re

from pydantic_core import to_json
from rich.console import Console
from scripted_truths import Scripted, flat, monotone, saturating, searched

from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.result import Tuned
from timetrial.features.tune.terminal import as_data, bar, outcome_text, render
from timetrial.features.tune.text import conditions, memory_sentences, recommendation, unmeasured
from timetrial.model.race_info import Deployment
from timetrial.model.units import MIB

DEPLOYMENT = Deployment(
    "1 worker", ("gunicorn", "--workers", "1", "mysite.wsgi"), ("gunicorn==27.0.1",)
)


def shown(tuned: Tuned, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(render(tuned, DEPLOYMENT))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_smallest_of_equals_is_recommended_in_words() -> None:
    said = recommendation(searched(Scripted(flat, noise=0.004))[0])
    assert said.startswith("Run 1 worker × 1 thread: no detectable difference in ")
    assert "is the smallest of them" in said


def test_what_more_would_give_is_said_with_its_figure() -> None:
    said = recommendation(searched(Scripted(saturating, noise=0.004))[0])
    assert re.search(r"pay: .+ \d+\.\d % \[-?\d", said)


def test_a_bound_of_memory_that_holds_back_more_is_visible_in_the_table() -> None:
    tuned, _ = searched(Scripted(monotone), TuningSpec(memory_bytes=75 * MIB))
    text = shown(tuned, 160)
    assert conditions(tuned).endswith("75.0 MiB")
    assert conditions(tuned) in " ".join(text.split())
    assert "over 75.0 MiB" in text


def test_predictions_are_called_so_and_throughput_is_never_predicted() -> None:
    tuned, _ = searched(Scripted(saturating, noise=0.004))
    fit, prediction, closing = memory_sentences(tuned)
    assert fit.startswith("Memory (PSS): ")
    assert "a worker" in fit
    assert prediction.startswith("Prediction: 6 workers")
    assert "would take" in prediction
    assert "[" in prediction
    assert "not predicted" in closing


def test_what_to_type_is_said_where_a_body_removes_a_setting() -> None:
    tuned, _ = searched(Scripted(flat))
    *others, last = tuned.lines
    wrong = SettingOutcome(OutcomeKind.FAILED, phase="answer", body_differs=True)
    changed = dataclasses.replace(tuned, lines=(*others, dataclasses.replace(last, outcome=wrong)))
    sentence = (
        f"{last.name} answers with another body: if that may differ, name it by --dynamic REGEX."
    )
    assert sentence in unmeasured(changed)
    assert sentence not in unmeasured(tuned)


def test_a_terminal_shows_candidates_curves_memory_and_the_command() -> None:
    text = shown(searched(Scripted(saturating, noise=0.004))[0])
    for expected in ("recommended", "finals", "rung 1", "Prediction:", "█", "gunicorn --workers 1"):
        assert expected in text
    assert max(map(len, text.splitlines())) <= 120


def test_data_are_json_and_hold_all_candidates() -> None:
    tuned, _ = searched(Scripted(saturating, noise=0.004))
    data = json.loads(to_json(as_data(tuned, DEPLOYMENT)))
    assert data["format"] == "timetrial-tuning"
    assert len(data["lines"]) == len(tuned.lines)
    assert data["choice"]["candidate"]["workers"] >= 1
    for line, written in zip(tuned.lines, data["lines"], strict=True):
        assert written["outcome"] == outcome_text(line.outcome)
        assert written["outcome_code"]["kind"] == line.outcome.kind.value
    assert {curve["knob"] for curve in data["curves"]} == {"workers", "threads"}


def test_a_bar_is_as_long_as_its_share() -> None:
    assert bar(1.0, 10) == "█" * 10
    assert bar(0.5, 10) == "█" * 5
    assert bar(0.0, 10) == ""
    assert len(bar(0.33, 10)) == 4
