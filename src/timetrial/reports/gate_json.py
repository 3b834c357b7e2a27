"""A gate's judgements as a JSON document."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import TypeAdapter

from timetrial.gate.judgement import Gate
from timetrial.reports.gate_words import headline


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
    document = GateDocument(not gate.failed, headline(gate), gate)
    return GATE.dump_json(document, indent=2).decode() + "\n"
