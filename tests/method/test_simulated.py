"""Simulated rounds whose truth is known, in small; `benchmarks/method/simulated.py` makes more."""

from __future__ import annotations

import dataclasses

import pytest

import simulated
from simulated import SIMULATIONS, Simulation

PART = 0.1


@pytest.mark.parametrize("simulation", SIMULATIONS, ids=lambda each: each.name)
def test_what_should_happen_does_as_often_as_it_should(simulation: Simulation) -> None:
    runs = round(simulation.runs * PART)
    assert simulation.holds(simulation.found(runs), runs)


def test_the_script_says_what_it_found_and_whether_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    well = dataclasses.replace(SIMULATIONS[0], happens=lambda _: True, name="always")
    ill = dataclasses.replace(well, happens=lambda _: False, name="never")
    monkeypatch.setattr(simulated, "SIMULATIONS", (well,))
    assert simulated.main(["--quick"]) == 0
    assert "| always | 40 | 100.0% | ≥ 81.2% | yes |" in capsys.readouterr().out
    monkeypatch.setattr(simulated, "SIMULATIONS", (well, ill))
    assert simulated.main(["--quick"]) == 1
    assert "| never | 40 | 0.0% | ≥ 81.2% | no |" in capsys.readouterr().out
