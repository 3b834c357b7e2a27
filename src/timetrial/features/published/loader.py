"""Reads published figures and what they stand for."""

from __future__ import annotations

import tomllib

from pydantic_core import to_json

from timetrial.catalog.loader import BUILT_IN
from timetrial.features.published.collection import Collection
from timetrial.features.published.manifest import FiguresManifest, MeaningManifest, RowManifest
from timetrial.features.published.row import PublishedRow
from timetrial.model.errors import BadInput
from timetrial.model.trial import Cell

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
    known = ", ".join(suites())
    raise BadInput(
        f"nothing was published on the suite {suite!r}; there are published figures for {known}, "
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
