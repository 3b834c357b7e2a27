"""The published figures themselves: all of them there, each standing for one of our cells."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections import Counter

import pytest

from timetrial.catalog import load_catalog
from timetrial.features.published.loader import FOLDER, find_collection, read_collection, suites
from timetrial.features.published.row import distinct
from timetrial.model.errors import BadInput

AXES_OF_OURS = {
    "gthread-1",
    "gthread-4-threads-1",
    "gthread-16-threads-2",
    "gthread-httpcore-2",
    "one-call",
    "two-calls",
    "four-calls",
    "eight-calls",
    "two-calls-in-turn",
    "four-calls-in-turn",
    "one-call-work-2",
    "one-call-work-8",
}
"""Stacks and benchmarks for what was said, but never measured."""
COUNTS = {"django-workers": [103, 38], "pipelining": [6], "sync-vs-async": [13, 13]}


def test_there_are_figures_of_three_suites() -> None:
    assert suites() == tuple(COUNTS)


@pytest.mark.parametrize("suite", suites())
def test_every_row_is_there_by_document(suite: str) -> None:
    rows = read_collection(suite).rows
    assert list(Counter(row.document for row in rows).values()) == COUNTS[suite]
    assert {row.suite for row in rows} == {suite}


def test_rows_that_are_printed_twice_count_once() -> None:
    rows = read_collection("sync-vs-async").rows
    assert len({row.cell for row in rows}) == 14
    assert len(distinct(rows)) == 15  # one of the 14 was measured a second time


@pytest.mark.parametrize("suite", suites())
def test_no_figure_of_a_row_is_lost_in_reading(suite: str) -> None:
    raw = json.loads((FOLDER / f"{suite}.json").read_text("utf-8"))
    printed = [row["figures"] for document in raw["documents"] for row in document["rows"]]
    for row, figures in zip(read_collection(suite).rows, printed, strict=True):
        read = dataclasses.asdict(row.figures)
        assert {key: read[key] for key in figures} == figures


@pytest.mark.parametrize("suite", suites())
def test_every_name_that_is_given_a_meaning_occurs(suite: str) -> None:
    meaning = tomllib.loads((FOLDER / f"{suite}.toml").read_text("utf-8"))
    rows = read_collection(suite).rows
    assert set(meaning["stacks"]) == {row.server for row in rows}
    assert set(meaning["benchmarks"]) == {row.workload for row in rows}
    assert len(set(meaning["stacks"].values())) == len(meaning["stacks"])


@pytest.mark.parametrize("suite", suites())
def test_a_row_stands_for_one_cell_of_its_document(suite: str) -> None:
    rows = read_collection(suite).rows
    assert len({(row.document, row.cell) for row in rows}) == len(rows)


@pytest.mark.parametrize("suite", suites())
def test_claims_are_decided_by_rows_that_were_published(suite: str) -> None:
    collection = read_collection(suite)
    cells = {row.cell for row in collection.rows}
    for claim in collection.claims:
        assert claim.pairs
        missing = [pair for pair in claim.pairs if not {pair.one, pair.other} <= cells]
        assert missing in ([], list(claim.pairs))
        for pair in missing:
            assert AXES_OF_OURS & {pair.one.benchmark, pair.one.stack, pair.other.stack}
        assert (claim.relation == "times") == (claim.times is not None)


@pytest.mark.parametrize("suite", suites())
def test_the_catalogs_suite_has_every_stack_and_benchmark(suite: str) -> None:
    manifest = load_catalog().suites.get(suite)
    if manifest is None:
        pytest.skip(f"the catalog has no suite {suite!r}")
    collection = read_collection(suite)
    pairs = [pair for claim in collection.claims for pair in claim.pairs]
    cells = {row.cell for row in collection.rows} | {c for p in pairs for c in p.cells}
    assert {cell.stack for cell in cells} <= {stack.stack for stack in manifest.all_stacks()}
    assert {cell.benchmark for cell in cells} <= {
        benchmark.benchmark for benchmark in manifest.benchmarks
    }


def test_a_suite_of_the_users_is_put_beside_the_one_whose_name_it_extends() -> None:
    assert find_collection("pipelining-on-my-laptop").suite == "pipelining"


def test_a_suite_of_which_nothing_was_published_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing was published on the suite 'pipelinings'"):
        find_collection("pipelinings")
