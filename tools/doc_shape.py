"""Whether printed lines in the docs have the form that the program prints now; never figures.

The form is read from the program's own text: a sentence has to hold a piece of it, and a table only
heads of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from doc_block import LEFT_OUT, ROOT

PRINTING = ("analysis", "cli", "features", "machine", "model", "project", "reports", "runner")
"""Packages of which text reaches a terminal."""
_RULE = re.compile(r"^[\s─]*─{8,}[\s─]*$")
_SENTENCE = re.compile(r"(?<=[.:;])\s+(?=[A-Z])")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_VALUE = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[A-Za-z][A-Za-z/]*")
_LETTERS = re.compile(r"[A-Za-z]")
_QUOTED_CODE = re.compile(r"^\s{2,}(?:File |Traceback|\S+Error|[\^~\s]+$)|^ {4,}")
_NAME = re.compile(r"\S+[-/:.]\S+|\S*[/=]\S*|\w+Error:.*$")
"""What is no text of the program: names, addresses, commands, errors of an app."""
_LEAST_LETTERS = 7
"""Of a piece of text, to tell one kind of line from another."""
_SHORTEST_WORD = 4
_LEAST_WORDS = 2


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the program can print."""

    pieces: tuple[str, ...]
    """Its texts in lower case, as far as no figure or name interrupts them."""
    words: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    pieces: set[str] = set()
    for package in PRINTING:
        for file in (ROOT / "src" / "timetrial" / package).rglob("*.py"):
            pieces.update(_texts(file.read_text("utf-8")))
    words = frozenset(word for piece in pieces for word in _WORD.findall(piece))
    long_enough = {
        piece.lower() for piece in pieces if len(_LETTERS.findall(piece)) >= _LEAST_LETTERS
    }
    return Vocabulary(tuple(sorted(long_enough)), words)


def _texts(code: str) -> Iterator[str]:
    """Yield the texts of a module, sentence by sentence, as far as no value interrupts them."""
    for literal in _LITERAL.findall(code):
        for text in _VALUE.split(literal.replace("\\n", " ")):
            yield from _SENTENCE.split(" ".join(text.split()))


def flaws_of(lines: Sequence[str], known: Vocabulary) -> Iterator[str]:
    """Name what the program does not print like that any more."""
    for paragraph in _paragraphs(lines):
        heads, text = _parted(paragraph)
        unknown = sorted({*_WORD.findall(" ".join(heads))} - known.words)
        if unknown:
            yield f"no table has the heads {', '.join(unknown)}"
        for sentence in _SENTENCE.split(" ".join(" ".join(text).split())):
            lowered = sentence.lower()
            if _is_telling(sentence) and not any(piece in lowered for piece in known.pieces):
                yield f"nothing prints {sentence!r}"


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in (*lines, ""):
        if line.strip() and line.strip() != LEFT_OUT:
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []


def _parted(paragraph: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part a paragraph into the heads of a table, whose rows are left out, and text."""
    rules = [number for number, line in enumerate(paragraph) if _RULE.match(line)]
    if rules:
        return list(paragraph[: rules[0]]), []
    return [], [line for line in paragraph if not _QUOTED_CODE.match(line)]


def _is_telling(sentence: str) -> bool:
    """Whether a sentence has words besides names."""
    words = _WORD.findall(_NAME.sub("", sentence))
    return sum(len(word) >= _SHORTEST_WORD for word in words) >= _LEAST_WORDS
