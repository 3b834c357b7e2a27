"""Nothing is decided by what people read: codes and typed fields say it, text is made of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "timetrial"
# These run on their own, and know nothing of Timetrial's records.
APPS = PACKAGE / "catalog" / "apps"

PROSE = {
    "answer",
    "caveat",
    "clause",
    "detail",
    "doubt",
    "evidence",
    "headline",
    "interval",
    "meaning",
    "message",
    "note",
    "outcome",
    "reason",
    "remark",
    "said",
    "says",
    "sentence",
    "text",
    "title",
    "what",
    "why",
    "why_missing",
}
"""Names of fields and variables that hold sentences, and of functions that make them."""
READING = {
    "endswith",
    "find",
    "index",
    "partition",
    "removeprefix",
    "removesuffix",
    "rpartition",
    "rsplit",
    "split",
    "startswith",
}
ALLOWED = {
    "features/capacity/slo.py: text.split": "what a user has typed as --slo",
    "catalog/problems.py: text.split": "a manifest's lines, to find the one at fault",
    "catalog/schema.py: in text": "placeholders of a manifest's command",
    "cli/parameters.py: text.split": "what a user has typed as --cpus",
    "drivers/native.py: message ==": "the kind of a message of a WebSocket",
    "verbs/options/load.py: in message": "the token in what a user has typed as --message",
    "cli/report.py: text.split": "what a user has typed as --format",
    "model/delay.py: text.split": "what a user has typed as a delay",
    "drivers/choice.py: text.split": "what a user has typed as --driver",
    "reports/csv.py: text.startswith": "whether a spreadsheet would take a cell for a formula",
    "features/race/text.py: text.endswith": "whether a full stop has to be added",
    "features/tune/terminal.py: detail.partition": "what a server said is cut for a column",
    "machine/supervisor.py: text.rpartition": "/proc/PID/stat",
    "machine/machine_meter.py: text.split": "cpuacct.usage_percpu of a control group",
    "project/versions/requirement.py: text.split": "what a user has typed as --with",
    "web/app.py: in text": "what somebody looks for in the list of runs",
}
"""Text that is read because nothing but text can come from there, or set, and not understood."""


def modules() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if APPS not in file.parents)


def readings(source: str) -> Iterator[tuple[int, str]]:
    """List line and deed of all that looks into a sentence, or compares it with another."""
    nodes = list(ast.walk(ast.parse(source)))
    one_line = {id(each) for node in nodes for each in _put_into_one_line(node)}
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=read, attr=method)) if method in READING:
                if id(node) not in one_line and (named := _prose(read)):
                    yield node.lineno, f"{named}.{method}"
            case ast.Compare(left=left, ops=operators, comparators=others):
                yield from ((node.lineno, deed) for deed in _comparisons(left, operators, others))
            case ast.Subscript(value=ast.Attribute(attr=name), slice=ast.Slice()):
                if name in PROSE:
                    yield node.lineno, f"{name}[…]"


def _put_into_one_line(node: ast.AST) -> list[ast.expr]:
    """Return the `text.split()` of `" ".join(text.split())`: it looks for nothing."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=" "), attr="join"),
            args=[ast.Call(args=[]) as split],
        ):
            return [split]
    return []


def _comparisons(
    left: ast.expr, operators: list[ast.cmpop], others: list[ast.expr]
) -> Iterator[str]:
    for operator, other in zip(operators, others, strict=True):
        if isinstance(operator, ast.In | ast.NotIn):
            if isinstance(other, ast.Attribute | ast.Name) and _name_of(other) in PROSE:
                yield f"in {_name_of(other)}"
            elif isinstance(left, ast.Attribute) and _is_text(other) and (named := _prose(left)):
                yield f"{named} =="
        elif isinstance(operator, ast.Eq | ast.NotEq):
            for one, against in ((left, other), (other, left)):
                if isinstance(one, ast.Attribute) and _is_text(against) and (named := _prose(one)):
                    yield f"{named} =="
        left = other


def _name_of(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _is_text(node: ast.expr) -> bool:
    """Whether it is a sentence that stands there, or a constant that may hold one."""
    match node:
        case ast.Constant(value=str() as text):
            return bool(text)
        case ast.Name(id=name):
            return name.isupper()
        case ast.JoinedStr():
            return True
        case ast.Set(elts=items) | ast.Tuple(elts=items) | ast.List(elts=items):
            return any(map(_is_text, items))
    return False


def _prose(node: ast.expr) -> str:
    """Name what holds or makes a sentence; '' for anything else."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) if _is_prose(name):
            return name
        case ast.Subscript(value=value):
            return _prose(value)
        case ast.Call(func=ast.Name(id=name)) if _is_ours(name):
            return f"{name}()"
    return ""


def _is_prose(name: str) -> bool:
    return name in PROSE or name.removesuffix("s") in PROSE or name.endswith(("_text", "_words"))


def _is_ours(name: str) -> bool:
    """Whether a function is one that makes text to be read by people."""
    return _is_prose(name) or name in {"change", "figure", "relative"}


def test_no_logic_reads_prose() -> None:
    found = {
        f"{file.relative_to(PACKAGE)}: {deed}": line
        for file in modules()
        for line, deed in readings(file.read_text("utf-8"))
    }
    offenders = [f"{place} (line {line})" for place, line in found.items() if place not in ALLOWED]
    assert not offenders, "\n".join(offenders)
    assert not ALLOWED.keys() - found.keys(), "allowed, but not there"


def test_no_template_reads_prose() -> None:
    fields = "|".join(sorted(PROSE))
    reading = re.compile(rf"\.(?:{'|'.join(sorted(READING))})\(|\.(?:{fields}) *[!=]= *[\"']")
    offenders = [
        f"{file.relative_to(PACKAGE)}: {match[0]}"
        for file in sorted(PACKAGE.rglob("*.html"))
        if APPS not in file.parents
        for match in reading.finditer(file.read_text("utf-8"))
    ]
    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize(
    ("source", "deed"),
    [
        ('line.outcome.startswith("at best")', "outcome.startswith"),
        ('reasons[0].split(" ")[0]', "reasons.split"),
        ('change(ratio).partition(" [")', "change().partition"),
        ('row.throughput.reason != "not measured yet"', "reason =="),
        ("gone.reason == SILENT", "reason =="),
        ('figure.text in {"failed", "no figure"}', "text =="),
        ('"differed from itself" in judgement.reason', "in reason"),
        ("finding.evidence[:4]", "evidence[…]"),
    ],
)
def test_it_would_be_seen(source: str, deed: str) -> None:
    assert [deed for _, deed in readings(source)] == [deed]


@pytest.mark.parametrize(
    "source",
    [
        "missing.kind is MissingKind.FAILED",
        "each.why or 'none'",
        "ratio.verdict",
        'f"{finding.evidence}"',
    ],
)
def test_codes_may_be_read_and_sentences_be_written(source: str) -> None:
    assert not list(readings(source))
