"""Reads published figures, and the stacks and benchmarks that they stand for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from timetrial.catalog.loader import BUILT_IN
from timetrial.features.published.collection import Claim, Collection, Pair, Relation
from timetrial.features.published.row import (
    K6Figures,
    PublishedRow,
    ScenarioLoad,
    WrkFigures,
    WrkLoad,
)
from timetrial.model import BadInput, Cell


class Manifest(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RowManifest(Manifest):
    """A row as it was printed."""

    server: str
    workload: str
    load: WrkLoad | ScenarioLoad
    figures: Annotated[WrkFigures | K6Figures, Field(discriminator="tool")]


class DocumentManifest(Manifest):
    """One document, its rows in order."""

    name: str
    rows: tuple[RowManifest, ...]


class FiguresManifest(Manifest):
    """NAME.json."""

    documents: tuple[DocumentManifest, ...]


class BenchmarkManifest(Manifest):
    """What a path or a condition stands for."""

    benchmark: str
    wait_ms: int = 0


class OfStacks(Manifest):
    """Pairs of stacks within benchmarks."""

    benchmarks: tuple[str, ...]
    one: str
    others: tuple[str, ...]

    def pairs(self) -> Iterator[Pair]:
        for benchmark in self.benchmarks:
            for other in self.others:
                yield Pair(Cell(benchmark, self.one), Cell(benchmark, other))


class OfBenchmarks(Manifest):
    """Pairs of benchmarks, each on one stack: the first of `one` with the first of `other`, …"""

    stacks: tuple[str, ...]
    one: tuple[str, ...]
    other: tuple[str, ...]

    def pairs(self) -> Iterator[Pair]:
        for stack in self.stacks:
            for one, other in zip(self.one, self.other, strict=True):
                yield Pair(Cell(one, stack), Cell(other, stack))


class OfLeads(Manifest):
    """How far the first stack is ahead of the second, in the first benchmarks over the others."""

    stacks: tuple[str, str]
    one: tuple[str, ...]
    other: tuple[str, ...]

    def pairs(self) -> Iterator[Pair]:
        for one, other in zip(self.one, self.other, strict=True):
            yield replace(self._pair(one), over=self._pair(other))

    def _pair(self, benchmark: str) -> Pair:
        ahead, behind = self.stacks
        return Pair(Cell(benchmark, ahead), Cell(benchmark, behind))


class ClaimManifest(Manifest):
    """A conclusion, and the pairs that decide it."""

    says: str
    relation: Relation
    times: tuple[float, float] | None = None
    of_stacks: tuple[OfStacks, ...] = ()
    of_benchmarks: tuple[OfBenchmarks, ...] = ()
    of_leads: tuple[OfLeads, ...] = ()
    server_cpus: Annotated[int, Field(ge=1)] = 1

    def claim(self) -> Claim:
        groups: tuple[OfStacks | OfBenchmarks | OfLeads, ...] = (
            *self.of_stacks,
            *self.of_benchmarks,
            *self.of_leads,
        )
        pairs = tuple(pair for group in groups for pair in group.pairs())
        return Claim(self.says, self.relation, pairs, self.times, self.server_cpus)


class MeaningManifest(Manifest):
    """NAME.toml."""

    suite: str
    title: str
    stacks: Mapping[str, str]
    benchmarks: Mapping[str, BenchmarkManifest]
    claims: tuple[ClaimManifest, ...]


FOLDER = BUILT_IN / "published"
"""NAME.json has what was printed, NAME.toml what it stands for."""


def suites() -> tuple[str, ...]:
    """Name the suites of which figures were published."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def find_collection(suite: str) -> Collection:
    """Read what was published on a suite, or on the one whose name it extends with a hyphen."""
    for name in suites():
        collection = read_collection(name)
        if collection.is_about(suite):
            return collection
    names = ", ".join(suites())
    raise BadInput(
        f"nothing was published on the suite {suite!r}; there are published figures for {names}, "
        f"and a suite of yours whose name begins with one of these and a hyphen is put beside them"
    )


def read_collection(name: str) -> Collection:
    """Read NAME.json and NAME.toml."""
    figures = FiguresManifest.model_validate_json((FOLDER / f"{name}.json").read_bytes())
    toml = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    # By way of JSON, because strict Python input would have no list for a tuple.
    meaning = MeaningManifest.model_validate_json(to_json(toml))
    return Collection(
        suite=meaning.suite,
        title=meaning.title,
        rows=tuple(
            _row(meaning, document.name, row)
            for document in figures.documents
            for row in document.rows
        ),
        claims=tuple(claim.claim() for claim in meaning.claims),
    )


def _row(meaning: MeaningManifest, document: str, row: RowManifest) -> PublishedRow:
    benchmark = meaning.benchmarks[row.workload]
    return PublishedRow(
        suite=meaning.suite,
        document=document,
        server=row.server,
        workload=row.workload,
        cell=Cell(benchmark.benchmark, meaning.stacks[row.server]),
        wait_s=benchmark.wait_ms / 1_000,
        load=row.load,
        figures=row.figures,
    )
