"""A gate's judgements as JUnit XML, which CI systems show as tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from timetrial.features.gate.judgement import Gate, Judgement
from timetrial.features.gate.text import explained, title
from timetrial.model import GATED

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def junit(gate: Gate) -> str:
    """Make a test of each figure: one that fails the gate fails, one not judged is skipped."""
    failed = sum(map(gate.fails, gate.judgements))
    skipped = sum(_skipped(gate, judged) for judged in gate.judgements)
    counts = {"tests": str(len(gate.judgements)), "failures": str(failed), "errors": "0"}
    suites = ET.Element("testsuites", {"name": "timetrial gate", **counts})
    suite = ET.SubElement(
        suites, "testsuite", {"name": _clean(title(gate)), **counts, "skipped": str(skipped)}
    )
    for judgement in gate.judgements:
        _add(suite, gate, judgement)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _add(suite: ET.Element, gate: Gate, judgement: Judgement) -> None:
    cell = judgement.cell
    name = f"{cell.stack}: {GATED[judgement.metric].label}"
    case = ET.SubElement(
        suite, "testcase", {"classname": _clean(cell.benchmark), "name": _clean(name)}
    )
    said = _clean(explained(gate, judgement))
    if gate.fails(judgement):
        kind = {"message": said, "type": judgement.call}
        ET.SubElement(case, "failure", kind)
    elif _skipped(gate, judgement):
        ET.SubElement(case, "skipped", {"message": said})
    else:
        ET.SubElement(case, "system-out").text = said


def _skipped(gate: Gate, judgement: Judgement) -> bool:
    return not gate.fails(judgement) and judgement.call in {"cannot tell", "no figure"}


def _clean(text: str) -> str:
    """Replace characters that XML cannot hold, even escaped."""
    return _NOT_IN_XML.sub(_REPLACEMENT, text)
