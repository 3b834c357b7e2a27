"""A summary, with the run that it was made from, as one JSON document."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import TypeAdapter

from timetrial.run_comparison import RunComparison
from timetrial.summary import Summary


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """The outermost object."""

    summary: Summary
    format: Literal["timetrial-summary"] = "timetrial-summary"
    version: int = 1
    """Rises when the shape of what is inside changes."""


@dataclasses.dataclass(frozen=True, slots=True)
class ComparisonDocument:
    """The outermost object of a comparison of two runs."""

    comparison: RunComparison
    format: Literal["timetrial-comparison"] = "timetrial-comparison"
    version: int = 1


DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
COMPARISON: TypeAdapter[ComparisonDocument] = TypeAdapter(ComparisonDocument)


def as_json(summary: Summary) -> str:
    return DOCUMENT.dump_json(Document(summary), indent=2).decode() + "\n"


def comparison_as_json(comparison: RunComparison) -> str:
    return COMPARISON.dump_json(ComparisonDocument(comparison), indent=2).decode() + "\n"
