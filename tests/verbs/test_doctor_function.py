"""The function behind `timetrial doctor`."""

from __future__ import annotations

import pytest

from timetrial.model.errors import BadInput
from timetrial.runner.machine_checks import ceiling
from timetrial.verbs.doctor import DoctorEvent, MachineChecked, MachineChecking, doctor
from timetrial.verbs.options.doctor import DoctorOptions


def test_a_quick_look_returns_what_its_observer_was_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timetrial.verbs.doctor._IDLE_S", 0.2)
    monkeypatch.setattr(ceiling, "__defaults__", (0.1,))
    events: list[DoctorEvent] = []
    diagnosis = doctor(DoctorOptions(quick=True), events.append)
    assert events == [MachineChecking(), MachineChecked(diagnosis.checks)]
    assert diagnosis.noise is None
    assert diagnosis.ceiling.per_s > 0
    assert capsys.readouterr() == ("", "")


def test_noise_takes_two_rounds_at_least() -> None:
    with pytest.raises(BadInput, match="rounds: 1 "):
        DoctorOptions(rounds=1)
