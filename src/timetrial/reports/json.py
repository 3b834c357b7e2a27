"""A summary, with the run that it was made from, as one JSON document."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import TypeAdapter

from timetrial.analysis.recommendation import Recommendation, recommend
from timetrial.model import Life, RunComparison, Summary
from timetrial.reports.additions import NO_ADDITIONS, Additions
from timetrial.reports.cells import CellValidity, validities
from timetrial.reports.redaction import masked

SCHEMA = "report-2"
"""Name and version of the JSON Schema of a report; see docs/schema."""


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """The outermost object."""

    summary: Summary
    format: Literal["timetrial-summary"] = "timetrial-summary"
    version: int = 2
    """Rises when the shape of what is inside changes."""
    brief: bool = False
    """Whether single trials, lives of stacks and experiments are left out of the run: their lists
    are empty."""
    schema: Literal["report-2"] = "report-2"
    """The JSON Schema that this fulfils: the number rises when what fulfils it no longer would."""
    validity: tuple[CellValidity, ...] = ()
    """What findings take from the figures of each cell: rows hold them nevertheless."""
    lifecycle: tuple[Life, ...] = ()
    """What experiments on life cycles have shown; empty where there were none."""
    recommendation: Recommendation | None = None
    """Of a race: what is recommended, and by what."""


@dataclasses.dataclass(frozen=True, slots=True)
class ComparisonDocument:
    """The outermost object of a comparison of two runs."""

    comparison: RunComparison
    format: Literal["timetrial-comparison"] = "timetrial-comparison"
    version: int = 2


DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
COMPARISON: TypeAdapter[ComparisonDocument] = TypeAdapter(ComparisonDocument)


def as_json(summary: Summary, additions: Additions = NO_ADDITIONS, *, brief: bool = False) -> str:
    """Write everything, or, if it is to be `brief`, what was made of the single trials."""
    summary = masked(summary)
    document = Document(
        _without_trials(summary) if brief else summary,
        brief=brief,
        validity=validities(summary),
        lifecycle=additions.lives(summary.run),
        recommendation=recommend(summary),
    )
    return DOCUMENT.dump_json(document, indent=1 if brief else 2).decode() + "\n"


def _without_trials(summary: Summary) -> Summary:
    run = dataclasses.replace(summary.run, measurements=(), lives=(), experiments=())
    return dataclasses.replace(summary, run=run)


def comparison_as_json(comparison: RunComparison) -> str:
    return COMPARISON.dump_json(ComparisonDocument(comparison), indent=2).decode() + "\n"
