"""Verbs are functions: they raise, return and tell an observer, and leave the terminal alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runs import a_run, a_suite
from timetrial.catalog import load_catalog
from timetrial.model.errors import AppImportError, BadInput, UnknownName
from timetrial.model.events import Event, ImportingApp, ReadingLog
from timetrial.store.store import Store
from timetrial.verbs.gate import gate
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.options.run import RunOptions
from timetrial.verbs.race import race
from timetrial.verbs.run import run, with_start_timeout


@pytest.fixture(name="silent", autouse=True)
def _silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Hold every test here to printing nothing and staying where it is."""
    before = Path.cwd()
    yield
    assert capfd.readouterr() == ("", "")
    assert Path.cwd() == before


def stored(folder: Path, *runs: int) -> str:
    store = folder / "timetrial.db"
    with Store.open(store) as opened:
        for seed in runs:
            made = a_run(a_suite(["granian", "uvicorn"], rounds=6), seed=seed)
            number = opened.create_run(
                made.plan, made.machine, made.facts, made.timetrial_version, f"2026-11-0{seed}"
            )
            for measurement in made.measurements:
                opened.add_trial(number, measurement)
    return str(store)


def test_a_race_of_an_app_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        race(RaceOptions(app="nowhere:app", folder=tmp_path))


def test_an_app_that_does_not_import_is_told_with_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise RuntimeError('no')\n")
    events: list[Event] = []
    with pytest.raises(AppImportError) as failed:
        race(RaceOptions(app="app:application", folder=tmp_path), events.append)
    assert "RuntimeError: no" in failed.value.detail + str(failed.value)
    assert any(isinstance(event, ImportingApp) for event in events)


def test_a_race_that_goes_on_needs_a_store(tmp_path: Path) -> None:
    options = RaceOptions(folder=tmp_path, store=str(tmp_path / "none.db"), resume="1")
    with pytest.raises(BadInput, match=r"none\.db"):
        race(options)


def test_a_log_that_is_read_is_told_of(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('1.2.3.4 - - [21/Nov/2026:17:53:39 +0000] "GET / HTTP/1.1" 200 5\n')
    events: list[Event] = []
    with pytest.raises(BadInput):
        race(RaceOptions(app="no:app", folder=tmp_path, access_log=str(log)), events.append)
    assert ReadingLog(str(log), 0) in events


def test_a_suite_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownName):
        run(RunOptions(suite="quikc"))


def test_a_run_that_goes_on_needs_one_of_that_number(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="'7'"):
        run(RunOptions(store=stored(tmp_path, 1), resume="7"))


def test_a_gate_of_two_stacks_of_a_run_returns_its_judgement(tmp_path: Path) -> None:
    options = GateOptions(store=stored(tmp_path, 1), run="1", old="granian", new="uvicorn")
    gated = gate(options)
    assert gated.gate is not None
    assert gated.gate.failed
    assert gated.raced is None


def test_a_gate_of_stored_runs_is_judged_as_its_options_say(tmp_path: Path) -> None:
    options = GateOptions(store=stored(tmp_path, 1, 2), baseline="1", metrics=("p50", "p50"))
    gated = gate(options)
    assert gated.gate is not None
    assert gated.gate.terms.metrics == ("p50_ns",)
    assert (gated.gate.old, gated.gate.new) == ("run 1", "run 2")


def test_a_gate_of_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"old\.json"):
        gate(GateOptions(store=stored(tmp_path, 1), baseline="old.json"))


def test_a_run_gives_the_servers_of_all_apps_longer_to_start() -> None:
    catalog = load_catalog()
    longer = with_start_timeout(catalog, RunOptions(start_timeout=45.0).start_timeout)
    assert {app.start_timeout_s for app in longer.apps.values()} == {45.0}
    assert with_start_timeout(catalog, RunOptions().start_timeout) is catalog
