"""What holds of the output of every verb: it fits, is whole, and begins with its answer."""

from __future__ import annotations

import calendar
import errno
import os
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from rich.cells import cell_len

from doc_block import ROOT
from doc_runs import SAMPLES

FIRST_LINES = 5
"""Of a result: the verdict is among them."""
TRACEBACK = "Traceback (most recent call last)"
_VERDICT = re.compile(r"^[A-Z][A-Z ,-]*[A-Z](?:  |$)")
_WORD = re.compile(r"[A-Za-z]+")
_PLAIN = re.compile(r"[A-Za-z]+(?:[-/'][A-Za-z]+)*")
_AROUND = ".,;:!?()[]{}<>'\"`…¹²³⁴⁵˒→│▸≥≤=*"
_SHORTEST = 3
"""Letters of a word that is looked up: shorter ones are units and pieces of names."""
_READ = frozenset({".py", ".toml", ".rs", ".in", ".sh"})
"""Endings of files with words: neither minified scripts nor hashes."""
_CPUS = Path("/proc/cpuinfo")


def flaws_of(lines: Iterable[str], columns: int, known: frozenset[str]) -> Iterator[str]:
    """Name lines that are too wide, a traceback, and words that no text has whole."""
    for line in lines:
        if cell_len(line) > columns:
            yield f"{cell_len(line)} columns: {line}"
        if TRACEBACK in line:
            yield f"a traceback: {line}"
        for word in _broken(line, known):
            yield f"no word {word!r}: {line}"


def has_verdict(result: Iterable[str]) -> bool:
    """Return whether a verdict is among the first lines of a result."""
    told = [line for line in result if line.strip()]
    return any(_VERDICT.match(line) for line in told[:FIRST_LINES])


def _broken(line: str, known: frozenset[str]) -> Iterator[str]:
    for token in line.split():
        bare = token.strip(_AROUND)
        if _PLAIN.fullmatch(bare):
            for word in _WORD.findall(bare):
                if len(word) >= _SHORTEST and word.lower() not in known:
                    yield word


@cache
def known_words() -> frozenset[str]:
    """List the words of the program, its catalog, the samples, this machine and its errors."""
    folders = (ROOT / "src" / "timetrial", ROOT / "engine", SAMPLES)
    files = (file for folder in folders for file in folder.rglob("*") if file.suffix in _READ)
    texts = [file.read_text("utf-8") for file in files]
    texts += [*calendar.month_name, *calendar.month_abbr]
    texts += [os.strerror(number) for number in errno.errorcode]
    texts += [_CPUS.read_text("utf-8") if _CPUS.exists() else "", " ".join(platform.uname())]
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))
