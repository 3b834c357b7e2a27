"""A gate judges the run that its race returned, whatever else is written to the store meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fake_stacks import Stage, small_suite, staged
from runs import a_run, a_suite
from timetrial.model.events import BaseChosen, Observer, RunStarted
from timetrial.runner.session import Measured, Session, placed
from timetrial.store.store import Store
from timetrial.verbs.gate import gate
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.race import RaceOptions

OLD, NEW = "gunicorn", "waitress"
SECOND_WRITER = """
import json, sys
from timetrial.store.store import Store

with Store.open(sys.argv[1]) as store:
    print(store.add_document(json.loads(sys.stdin.read())))
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    """Make a repository of one commit, with a change since."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text("application = 1\n")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "app.py"),
        (*author, "commit", "--quiet", "--message", "1"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)  # noqa: S607 - whichever is there
    (folder / "app.py").write_text("application = 2\n")
    return folder


@pytest.fixture(name="newer")
def _newer(tmp_path: Path) -> str:
    """Export a run of other stacks from another store."""
    run = a_run(a_suite(["granian", "uvicorn"], rounds=6))
    with Store.open(tmp_path / "other.db") as store:
        number = store.create_run(
            run.plan, run.machine, run.facts, run.timetrial_version, run.created_at
        )
        for measurement in run.measurements:
            store.add_trial(number, measurement)
        return json.dumps(store.export(number))


def write_newer_run(store: Path, document: str) -> None:
    """Add a run from a process of its own."""
    subprocess.run(
        [sys.executable, "-c", SECOND_WRITER, str(store)],
        input=document,
        encoding="utf-8",
        check=True,
        timeout=60,
        capture_output=True,
    )


def options_for(project: Path, store: Path, **further: str) -> GateOptions:
    race = RaceOptions(app="app:application", folder=project, store=str(store), **further)
    return GateOptions(race=race, base_rev="main", server="waitress", store=str(store))


def measured_on(stage: Stage, folder: Path, number: int) -> Measured:
    return Session(stage.store, folder, stage.events.append, placed()).measure(
        number, stage.context()
    )


def test_a_run_that_another_process_adds_meanwhile_is_not_judged(
    tmp_path: Path, project: Path, newer: str
) -> None:
    store = tmp_path / "timetrial.db"
    with staged(tmp_path, small_suite(stacks=(OLD, NEW))) as stage:
        stage.on_event = lambda event: (
            write_newer_run(store, newer) if isinstance(event, RunStarted) else None
        )

        def race(options: RaceOptions, observer: Observer) -> Measured:
            assert options.revisions == ("main", ".")
            assert options.servers == "waitress"
            del observer
            return measured_on(stage, tmp_path, stage.run)

        gated = gate(options_for(project, store), race_of_both=race)
        assert stage.store.load("latest").number == stage.run + 1
    assert gated.gate is not None
    assert gated.raced is not None
    assert gated.raced.run.number == stage.run
    assert (gated.gate.old, gated.gate.new) == (OLD, NEW)


def test_a_race_that_goes_on_is_judged_though_a_newer_run_is_there(
    tmp_path: Path, project: Path, newer: str
) -> None:
    store = tmp_path / "timetrial.db"
    with staged(tmp_path, small_suite(stacks=(OLD, NEW))) as stage:
        windows = iter(range(1_000))

        def interrupt(*_drive: object) -> None:
            if next(windows) == 5:
                raise KeyboardInterrupt

        stage.script(interrupt)
        assert measured_on(stage, tmp_path, stage.run).ended_by == "interrupted"
        write_newer_run(store, newer)

        def race(options: RaceOptions, observer: Observer) -> Measured:
            del observer
            return measured_on(stage, tmp_path, int(options.resume or 0))

        gated = gate(options_for(project, store, resume=str(stage.run)), race_of_both=race)
        assert stage.store.load("latest").number == stage.run + 1
    assert gated.gate is not None
    assert (gated.gate.old, gated.gate.new) == (OLD, NEW)
    assert gated.raced is not None
    assert not gated.raced.run.pending()


def test_an_interrupted_race_is_not_judged(tmp_path: Path, project: Path) -> None:
    run = a_run(a_suite([OLD, NEW]))

    def race(options: RaceOptions, observer: Observer) -> Measured:
        del options, observer
        return Measured(run, "interrupted")

    gated = gate(options_for(project, tmp_path / "none.db"), race_of_both=race)
    assert gated.gate is None
    assert gated.raced == Measured(run, "interrupted")


def test_what_was_not_named_is_told_and_returned(tmp_path: Path, project: Path) -> None:
    run = a_run(a_suite([OLD, NEW]))
    options = options_for(project, tmp_path / "none.db")
    seen: list[object] = []
    gated = gate(
        options.model_copy(update={"base_rev": None}),
        seen.append,
        race_of_both=lambda _options, _observer: Measured(run, None),
    )
    assert gated.chosen == tuple(seen) == (BaseChosen("main"),)
