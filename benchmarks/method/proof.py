"""The figures that the method is judged by, as a table for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BEGIN = "<!-- from here on written by benchmarks/method/evaluate.py -->"
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row."""

    what: str
    target: str
    measured: str
    met: bool | None
    """None: nothing to judge, or nothing measured."""

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "**no**", None: "–"}[self.met]


@dataclass(frozen=True, slots=True)
class Proof:
    """All that was found, by heading."""

    tables: Mapping[str, Sequence[Figure]]
    conditions: Sequence[str]
    """A sentence for each recording."""
    plots: Sequence[str] = ()
    """Names of files beside the document."""


def as_markdown(proof: Proof) -> str:
    parts = [BEGIN, "", "## Measured", "", *(f"- {each}" for each in proof.conditions), ""]
    for heading, figures in proof.tables.items():
        parts += [f"### {heading}", "", *_table(figures), ""]
    parts += [f"![{name.removesuffix('.svg').replace('-', ' ')}]({name})\n" for name in proof.plots]
    return "\n".join(parts).rstrip() + "\n"


def _table(figures: Sequence[Figure]) -> list[str]:
    rows = [f"| {f.what} | {f.target} | {f.measured} | {f.verdict} |" for f in figures]
    return ["| figure | target | measured | met |", "|---|---|---|---|", *rows]


def into(document: Path, proof: Proof) -> None:
    """Put the measured part at the end of a document, in place of the one before."""
    before = document.read_text("utf-8").partition(BEGIN)[0].rstrip()
    document.write_text(f"{before}\n\n{as_markdown(proof)}", "utf-8")


def as_json(proof: Proof) -> str:
    text: dict[str, Any] = {
        "conditions": list(proof.conditions),
        "figures": {
            heading: [asdict(each) for each in figures] for heading, figures in proof.tables.items()
        },
    }
    return json.dumps(text, indent=1, ensure_ascii=False) + "\n"
