"""What docs/python.md shows runs, in the order in which it stands, beside a running event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import races
import timetrial
from runs import a_run, a_suite
from timetrial.model.run import Run
from timetrial.runner.machine_checks import ceiling
from timetrial.store.store import Store

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
INTRODUCTION = "Timetrial from Python"
STORED = (
    INTRODUCTION,
    "Load a URL",
    "Read what was measured",
    "Compare runs and judge them",
    "Check the machine",
    "Progress",
    "In a notebook",
)
"""Sections that need no server but the engine's own, and a store with three runs."""
READ = ("Read what was measured", "In a notebook")
"""Of these, those that ask nothing of figures: a disturbed round has none."""
MEASURED = ("Race an app", "Run a suite")
"""Those that make the store."""
SEARCHED = ("Race an app", "Find settings and capacity")
_BLOCK = re.compile(
    r"(?:`(?P<file>[\w.]+)`:\n\n)?^```python\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def sections() -> Mapping[str, str]:
    """Return what stands under each heading, in order."""
    parts = re.split(r"^##? ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part for part in parts}


def follow(titles: Sequence[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the blocks of some sections in a folder, as a notebook does; return their names."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    blocks = [
        (title, block)
        for title, text in sections().items()
        if title in titles
        for block in _BLOCK.finditer(text)
    ]

    async def cells() -> None:
        assert asyncio.get_running_loop().is_running()
        for title, block in blocks:
            _run(title, block, names)

    # A thread of its own: a browser's fixture keeps a loop running in the main one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, cells()).result()
    return names


def _run(title: str, block: re.Match[str], names: dict[str, Any]) -> None:
    """Write the block's file, or run it as a cell."""
    if block["file"]:
        Path(block["file"]).write_text(block["text"], "utf-8")
    else:
        exec(compile(block["text"], f"{PAGE.name}: {title}", "exec"), names)  # noqa: S102 - what the page tells readers to run


def keep(folder: Path, *runs: Run) -> None:
    with Store.open(folder / "timetrial.db") as store:
        for run in runs:
            number = store.create_run(
                run.plan, run.machine, run.facts, run.timetrial_version, run.created_at
            )
            for measurement in run.measurements:
                store.add_trial(number, measurement)


def test_every_section_with_code_is_followed_by_a_test() -> None:
    shown = {title for title, text in sections().items() if _BLOCK.search(text)}
    assert shown == {*STORED, *MEASURED, *SEARCHED}


def test_every_public_name_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name in timetrial.__all__ if not re.search(rf"\b{name}\b", page)] == []


def test_what_reads_and_judges_runs_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = a_suite(["granian", "uvicorn"], rounds=6)
    keep(tmp_path, races.a_race(), a_run(suite), a_run(suite, seed=2))
    monkeypatch.setattr("timetrial.verbs.doctor._IDLE_S", 0.2)
    monkeypatch.setattr(ceiling, "__defaults__", (0.1,))
    names = follow(STORED, tmp_path, monkeypatch)
    assert names["latest"].number == 3
    assert (tmp_path / names["page"]).is_file()
    assert "workers: 0 is not allowed" in capsys.readouterr().out


@pytest.mark.live
def test_a_race_and_runs_of_a_suite_are_made_and_read_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = follow((*MEASURED, *READ), tmp_path, monkeypatch)
    run = names["raced"].run
    assert names["raced"].ended_by is None
    assert {each.trial.cell.stack for each in run.measurements} == {
        "waitress", "gunicorn-gthread",
    }  # fmt: skip
    assert run.failures == ()
    assert [each.number for each in names["runs"]] == [2, 3]
    assert "<table>" in (tmp_path / "run.html").read_text("utf-8")


@pytest.mark.soak
def test_settings_and_capacity_are_found_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = follow(SEARCHED, tmp_path, monkeypatch)
    assert names["tuned"].tuned.server == "waitress"
    assert names["found"].taken.trials
