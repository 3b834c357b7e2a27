"""Runs travel from store to store as documents, and come back as they were."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from configurations import looked_at
from runs import a_failure, a_life, a_run, a_suite
from stored import keep
from timetrial.model.errors import BadInput, StoreError
from timetrial.model.run import Run
from timetrial.model.stop_rule import StopDecision
from timetrial.store import Store


@pytest.fixture(scope="module")
def run() -> Run:
    suite = a_suite(["granian", "uvicorn"], rounds=3)
    run = looked_at(a_run(suite, failures=[a_failure("uvicorn")], number=1))
    stop = StopDecision("json_query", 2, "it is enough.")
    return dataclasses.replace(run, lives=(a_life(1, "granian"),), stops=(stop,))


def exported(folder: Path, run: Run) -> dict[str, Any]:
    with Store.open(folder / "one.db") as store:
        whole: dict[str, Any] = json.loads(json.dumps(store.export(keep(store, run))))
    return whole


def test_a_run_is_the_same_in_another_store(run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    with Store.open(tmp_path / "one.db") as one, Store.open(tmp_path / "other.db") as other:
        keep(other, a_run(a_suite(["granian"], rounds=3), seed=5))
        number = other.add_document(document)
        assert number == 2
        arrived = other.load(number)
        sent = one.load(1)
        (line, _) = other.list_runs()
        assert line.trials_planned == one.list_runs()[0].trials_planned
    assert arrived.measurements == sent.measurements
    assert (arrived.plan, arrived.stops, arrived.lives) == (sent.plan, sent.stops, sent.lives)
    assert (arrived.facts, arrived.configurations) == (sent.facts, sent.configurations)


def test_a_document_of_before_there_were_experiments_is_read(run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    del document["experiments"]
    with Store.open(tmp_path / "other.db") as other:
        assert other.load(other.add_document(document)).experiments == ()


def test_a_run_arrives_once(run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    with (
        Store.open(tmp_path / "one.db") as store,
        pytest.raises(BadInput, match="the store has it already, as run 1"),
    ):
        store.add_document(document)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda d: d.update(format="notes"), "no run that `timetrial runs export` has written"),
        (lambda d: d.update(version=3), "version 3, and this Timetrial reads up to version 2"),
        (lambda d: d.pop("trials"), "damaged: 'trials'"),
        (lambda d: d["run"].pop("plan"), "damaged: 'plan'"),
        (lambda d: d["run"].update(payload_version=99), "records of format 99"),
        (lambda d: d["trials"][0].pop("round"), "damaged: 'round'"),
    ],
)
def test_what_is_no_such_document_is_refused_and_leaves_nothing(
    harm: Any,  # noqa: ANN401 - a lambda
    said: str,
    run: Run,
    tmp_path: Path,
) -> None:
    document = exported(tmp_path, run)
    harm(document)
    with Store.open(tmp_path / "other.db") as store:
        with pytest.raises((BadInput, StoreError), match=said):
            store.add_document(document)
        assert store.list_runs() == ()


def test_a_record_that_cannot_be_read_is_refused(run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    document["trials"][0]["payload"]["windows"] = "many"
    with (
        Store.open(tmp_path / "other.db") as store,
        pytest.raises(StoreError, match="damaged measurement: windows"),
    ):
        store.add_document(document)


@pytest.mark.parametrize("place", ["suite", "stacks", "benchmarks"])
def test_a_name_with_control_characters_is_refused(place: str, run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    suite = document["run"]["plan"]["suite"]
    (suite if place == "suite" else suite[place][0])["name"] = "x\n::stop-commands::y"
    with Store.open(tmp_path / "other.db") as other:
        with pytest.raises(StoreError, match=r"the name 'x\\n::stop-commands::y' has control"):
            other.add_document(document)
        assert other.list_runs() == ()


def test_a_column_with_control_characters_is_refused(run: Run, tmp_path: Path) -> None:
    document = exported(tmp_path, run)
    document["run"]["suite"] = "x\x1b[2J"
    with (
        Store.open(tmp_path / "other.db") as other,
        pytest.raises(BadInput, match=r"suite 'x\\x1b\[2J' has control characters"),
    ):
        other.add_document(document)
