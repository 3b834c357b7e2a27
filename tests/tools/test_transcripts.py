"""The transcripts: every verb has one, what is typed exists, and what is wrong is seen."""

from __future__ import annotations

import shlex

import pytest

import doc_commands
import transcripts
from doc_block import PROMPT
from transcript_checks import TRACEBACK, flaws_of, has_verdict, known_words
from transcript_list import OUTPUTS, REFUSALS, helps, verbs

KNOWN = frozenset({"the", "server", "gunicorn", "sync", "answers"})


def test_every_verb_has_a_transcript_and_its_help() -> None:
    typed = [tuple(shlex.split(each.typed)[1:]) for each in OUTPUTS]
    for verb in verbs():
        words = tuple(verb.split())
        assert any(each[: len(words)] == words for each in typed), verb
    assert len(list(helps())) == len(list(verbs())) + 1


@pytest.mark.parametrize("typed", [each.typed for each in (*OUTPUTS, *helps())])
def test_what_is_typed_for_a_transcript_exists(typed: str) -> None:
    assert list(doc_commands.flaws_of_line(typed)) == []


@pytest.mark.parametrize("columns", transcripts.WIDTHS)
def test_the_transcripts_that_are_kept_have_every_verb(columns: int) -> None:
    file = transcripts.file_of(columns)
    lines = file.read_text("utf-8").splitlines()
    typed = [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]
    assert typed == [each.typed for each in (*OUTPUTS, *REFUSALS, *helps())]
    printed = [line for line in lines if not line.startswith(PROMPT)]
    assert not any(TRACEBACK in line for line in printed)


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("the server answers 1,000/s", None),
        ("gunicorn-sync (0af3) ≥ 7", None),
        ("gunicorn-sync answers the server answers", "columns"),
        (TRACEBACK[:33], "a traceback"),
        ("gunicorn-syn", "no word 'syn'"),
        ("the serv", "no word 'serv'"),
    ],
)
def test_a_flaw_of_a_line_is_named(line: str, flaw: str | None) -> None:
    found = " ".join(flaws_of([line], 34, KNOWN))
    assert (found == "") if flaw is None else (flaw in found)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["About this", "RECOMMENDED  Take it."], True),
        (["About this", "NO CLEAR WINNER  a or b."], True),
        (["FIT, WITH DOUBTS"], True),
        (["Nothing", "Here"], False),
        ([*["About this"] * 5, "PASSED  all."], False),
    ],
)
def test_a_verdict_is_looked_for_in_the_first_lines(lines: list[str], *, expected: bool) -> None:
    assert has_verdict(lines) is expected


def test_the_words_of_the_program_are_known() -> None:
    assert {"recommended", "gunicorn", "connection", "refused"} <= known_words()
