"""Damaged exports are refused in a sentence, or read; a damaged run takes no other with it."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from configurations import looked_at
from runs import a_failure, a_life, a_run, a_suite
from stored import keep
from timetrial.analysis.summarize import summarize
from timetrial.cli.history import history
from timetrial.cli.importing import importing
from timetrial.model import BadInput, StoreError
from timetrial.model.stop_rule import StopDecision
from timetrial.runner.digests import up_to_date_digests
from timetrial.store import Store
from timetrial.web.app import history_page, runs_page

DAMAGED = 300
LONGEST_SENTENCE = 300
Place = tuple[str | int, ...]
VALUES: tuple[object, ...] = (
    None, True, -1, -0.5, 0, 2**31, 2**63, 10**30, 10**5000, 1e308, float("nan"), float("inf"),
    "", "x", "\x00", "\ud800", "QUJD" * 10, [], {}, [[]], {"a": 1},
)  # fmt: skip


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    suite = a_suite(["granian", "uvicorn"], rounds=2)
    run = looked_at(a_run(suite, failures=[a_failure("uvicorn")], number=1))
    stop = StopDecision("json_query", 2, "it is enough.")
    run = dataclasses.replace(run, lives=(a_life(1, "granian"),), stops=(stop,))
    with Store.open(tmp_path_factory.mktemp("store") / "one.db") as store:
        whole: dict[str, Any] = json.loads(json.dumps(store.export(keep(store, run))))
    return whole


def places(value: object, here: Place = ()) -> Iterator[Place]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type] # a list
    for key, each in parts:
        yield (*here, key)
        if isinstance(each, dict | list):
            yield from places(each, (*here, key))


def harm(document: dict[str, Any], place: Place, chance: random.Random) -> None:
    *above, last = place
    part: Any = document
    for key in above:
        part = part[key]
    match chance.randrange(8):
        case 0:
            del part[last]
        case 1 if isinstance(part, list) and isinstance(last, int):
            part.insert(last, copy.deepcopy(part[last]))
        case _:
            part[last] = chance.choice(VALUES)


def test_a_damaged_export_is_refused_or_can_be_used(
    document: dict[str, Any], tmp_path: Path
) -> None:
    chance = random.Random(37)  # noqa: S311 - no secret
    kinds: dict[Place, list[Place]] = defaultdict(list)
    for place in places(document):
        kinds[tuple("" if isinstance(key, int) else key for key in place)].append(place)
    refused = 0
    with Store.open(tmp_path / "one.db") as store:
        for number in range(DAMAGED):
            damaged = copy.deepcopy(document)
            damaged["run"]["created_at"] = f"run {number}"  # a store has each run once
            place = chance.choice(kinds[chance.choice(list(kinds))])
            harm(damaged, place, chance)
            here = len(store.list_runs())
            try:
                run = store.load(store.add_document(damaged))
            except (BadInput, StoreError) as error:
                refused += 1
                if len(str(error)) > LONGEST_SENTENCE or len(store.list_runs()) != here:
                    pytest.fail(f"{place}: {error}")
            else:
                assert summarize(run).tables, place
    assert DAMAGED / 2 < refused < DAMAGED


def harmed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    result = copy.deepcopy(document)
    *above, last = path.split(".")
    part: Any = result
    for key in above:
        part = part[int(key) if isinstance(part, list) else key]
    part[last] = value
    return result


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("run.plan.suite.title", "x" * 1_001, "run.plan.suite.title has 1,001 characters"),
        ("run.suite", -5, "suite is no text"),
        ("run.trials_planned", "x", "trials_planned is 'x', and the plan has 8"),
        ("trials.0.stack", "uvicorn", "trials.0 contradicts its own payload"),
        ("trials.0.payload.windows.0.server_cpu_s", -1.5, "windows.0.server_cpu_s is -1.5"),
        ("trials.0.payload.windows.0.completions", -5, "windows.0.completions is -5"),
        ("trials.0.payload.windows.0.opened_ns", 2**63, "windows.0.opened_ns is too large"),
        ("trials.0.payload.windows.0.response_time", "QUJD", "response_time is no histogram"),
        ("trials.0.payload.windows.0.counts.arrivals", 0, "more outcomes than arrivals"),
        ("trials.0.payload.windows.0.generator_cpu_s", float("inf"), "Infinity is no number"),
        ("trials", {}, "trials is no list"),
        (
            "run.plan.suite.benchmarks.0.load.connections",
            "x",
            "damaged plan: suite.benchmarks.0.load.connections is no whole number",
        ),
        ("failures.0.payload.stack", "x\x1b[2J", r"the name 'x\x1b[2J' has control characters"),
        ("lives.0.payload.stack", "\u202ex", r"the name '\u202ex' has control characters"),
        ("stops.0.payload.benchmark", "x\n", r"the name 'x\n' has control characters"),
        ("run.plan.suite.stacks.0.interface", "x", "stacks.0.interface has a value that there is"),
        ("trials.0.payload.windows.0.counts", 1, "windows.0.counts is no object"),
        ("version", True, "written in version True"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(
    path: str, value: object, said: str, document: dict[str, Any], tmp_path: Path
) -> None:
    done = imported(json.dumps(harmed(document, path, value)), tmp_path)
    assert said in done


def test_a_trial_that_is_there_twice_is_refused(document: dict[str, Any], tmp_path: Path) -> None:
    damaged = copy.deepcopy(document)
    damaged["trials"].append(damaged["trials"][0])
    assert "one of its trials is there twice" in imported(json.dumps(damaged), tmp_path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[" * 200_000, "nested too deeply"),
        ("[" + "9" * 5_000 + "]", "a number of thousands of digits"),
        ('{"format": "timetrial run", "run": ' + "[" * 200 + "]" * 200 + "}", "nested too deeply"),
        ('{"format": NaN}', "NaN is no number of JSON"),
    ],
)
def test_json_that_no_export_has_is_refused(written: str, said: str, tmp_path: Path) -> None:
    assert said in imported(written, tmp_path)


def imported(written: str, folder: Path) -> str:
    file = folder / "run.json"
    file.write_text(written, "utf-8")
    done = CliRunner().invoke(importing, [str(file), "--store", str(folder / "s.db")])
    assert isinstance(done.exception, BadInput)
    return str(done.exception)


@pytest.mark.parametrize("harmed_field", ["completions", "response_time"])
def test_one_bad_run_is_left_out_of_lists(harmed_field: str, tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    suite = a_suite(["granian"], rounds=2)
    with Store.open(file) as store:
        for seed in (1, 2):
            keep(store, a_run(suite, seed=seed))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        payload = connection.scalar(text("SELECT payload FROM trials WHERE run = 2"))
        damaged = json.loads(str(payload))
        damaged["windows"][0][harmed_field] = {"completions": -5, "response_time": "QUJD"}[
            harmed_field
        ]
        connection.execute(
            text("UPDATE trials SET payload = :new WHERE payload = :old AND run = 2"),
            {"new": json.dumps(damaged), "old": payload},
        )
        # Whoever wrote it wrote its checksum.
        connection.execute(text("UPDATE trials SET checksum = NULL"))
        connection.execute(text("DELETE FROM totals"))
    engine.dispose()
    with Store.open(file) as store:
        kept = up_to_date_digests(store)
        assert [each.run for each in kept.readable] == [1]
        (note,) = kept.notes()
        assert "run 2 is left out, because it cannot be read" in note
        assert note.split(": ", 1)[1] in runs_page(store, "")
        assert note in history_page(store, {})
        if harmed_field == "completions":
            with pytest.raises(StoreError, match=r"run 2, record \d+ of trials: .*-5"):
                store.load(2)
    assert "run 2 is left out" in CliRunner().invoke(history, ["--store", str(file)]).stderr
