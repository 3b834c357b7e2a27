"""A gate's judgements as a JSON document."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import TypeAdapter
from pydantic_core import to_json

from timetrial.features.gate.judgement import Gate
from timetrial.features.gate.text import headline, why_undecided


@dataclasses.dataclass(frozen=True, slots=True)
class GateDocument:
    """The outermost object."""

    passed: bool
    says: str
    """How it ended, in one sentence."""
    gate: Gate
    format: Literal["timetrial-gate"] = "timetrial-gate"
    version: int = 1
    """Rises when the shape of what is inside changes."""


GATE: TypeAdapter[GateDocument] = TypeAdapter(GateDocument)


def gate_as_json(gate: Gate) -> str:
    """Write all of it; each judgement has its code and, as `reason`, the words for that."""
    written = GATE.dump_python(GateDocument(gate.passed, headline(gate), gate), mode="json")
    for judgement, entry in zip(gate.judgements, written["gate"]["judgements"], strict=True):
        entry["reason"] = why_undecided(judgement)
    return to_json(written, indent=2, inf_nan_mode="null").decode() + "\n"
