"""An experiment during which the load generator itself stood still is held again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from timetrial.drivers.driver import SessionConfig, Target
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.features.lifecycle import experiments
from timetrial.features.lifecycle.context import ExperimentContext
from timetrial.features.lifecycle.event_load import (
    EventLoad,
    GeneratorStopped,
    StackEvent,
    drive_around_event,
)
from timetrial.features.lifecycle.experiments import run_experiment
from timetrial.model.experiment import ExperimentFailure, Occasion

OCCASION = Occasion(1, "gunicorn", "stop")
NO_CONTEXT = cast(
    "ExperimentContext",
    SimpleNamespace(
        failure=lambda occasion, failed: ExperimentFailure(
            occasion, f"{failed.phase}: {failed.reason}", ""
        )
    ),
)
"""What is called here takes none of it."""


def nothing() -> None:
    pass


@pytest.mark.parametrize(("gap_s", "is_void"), [(0.0, False), (0.1, False), (2.0, True)])
def test_a_gross_gap_voids_the_load_around_an_event(gap_s: float, *, is_void: bool) -> None:
    driver = ScriptedDriver(lambda _target, _drive: Scene(gap_s=gap_s))
    arguments = (
        driver,
        Target("127.0.0.1:1", "localhost", ()),
        SessionConfig(connections=4, cpus=(), timeout_s=1.0),
        EventLoad(100.0, before_s=1.0, after_s=1.0),
        StackEvent(nothing, nothing, nothing),
    )
    if is_void:
        with pytest.raises(GeneratorStopped, match=r"stood still for 2\.0 s"):
            drive_around_event(*arguments)
    else:
        assert drive_around_event(*arguments).counts.ok > 0


@pytest.mark.parametrize(("stops", "held"), [(0, 1), (2, 3), (9, 3)])
def test_it_is_held_three_times_at_most(
    stops: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Occasion] = []
    done = ExperimentFailure(OCCASION, "start: it is another matter", "")

    def stop(occasion: Occasion, *_others: object) -> ExperimentFailure:
        calls.append(occasion)
        if len(calls) <= stops:
            raise GeneratorStopped(2.0)
        return done

    monkeypatch.setattr(experiments, "stop_under_load", stop)
    came = run_experiment(OCCASION, 100.0, NO_CONTEXT)
    assert len(calls) == held
    if stops < held:
        assert came is done
    else:
        assert isinstance(came, ExperimentFailure)
        assert came.reason.startswith("measure: the load generator itself stood still for 2.0 s")
