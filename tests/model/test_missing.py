"""Why a figure is missing: each kind is said in its own words, once."""

from __future__ import annotations

import pytest

from timetrial.model.missing import NOT_MEASURED, Missing, MissingKind, clause

SAID = {
    MissingKind.NOT_MEASURED: (Missing(MissingKind.NOT_MEASURED), "not measured"),
    MissingKind.NOT_MEASURED_YET: (Missing(MissingKind.NOT_MEASURED_YET), "not measured yet"),
    MissingKind.NOT_IN_THE_RUN: (Missing(MissingKind.NOT_IN_THE_RUN), "no part of this run"),
    MissingKind.NOT_IN_THE_NEW_RUN: (
        Missing(MissingKind.NOT_IN_THE_NEW_RUN, of="new.json"),
        "new.json has not measured it",
    ),
    MissingKind.FAILED: (
        Missing(MissingKind.FAILED, phase="start", detail="exit code 1"),
        "start: exit code 1",
    ),
    MissingKind.NO_CORRECT_RESPONSE: (
        Missing(MissingKind.NO_CORRECT_RESPONSE, seen=1, count=2),
        "no correct response within the windows of 1 of 2 rounds",
    ),
    MissingKind.NO_CPU_TIME: (
        Missing(MissingKind.NO_CPU_TIME),
        "processes of the server came or went in every round, or used no CPU time",
    ),
    MissingKind.NO_MEMORY: (Missing(MissingKind.NO_MEMORY), "memory could not be read"),
    MissingKind.NONE_HELD: (
        Missing(MissingKind.NONE_HELD, seen=1, count=2),
        "no connection stayed open in 1 of 2 rounds",
    ),
    MissingKind.NO_GROWTH: (
        Missing(MissingKind.NO_GROWTH, seen=1, count=2),
        "memory did not grow with the connections in 1 of 2 rounds",
    ),
    MissingKind.TOO_FEW_RESPONSES: (
        Missing(MissingKind.TOO_FEW_RESPONSES, q=0.99, needed=10_000, count=780),
        "p99 needs 10,000 responses, n = 780",
    ),
    MissingKind.TAIL_IN_TOO_FEW_ROUNDS: (
        Missing(MissingKind.TAIL_IN_TOO_FEW_ROUNDS, q=0.992, needed=5, seen=2, count=20_000),
        "p99.2 needs responses as slow in 5 rounds, they came in 2, n = 20,000",
    ),
    MissingKind.TAIL_UNANSWERED: (
        Missing(MissingKind.TAIL_UNANSWERED, q=0.9, seen=1_500, count=15_000),
        "p90 lies among the 1,500 requests that had no answer in time, n = 15,000",
    ),
    MissingKind.VOID: (
        Missing(MissingKind.VOID, detail="errors", of="uvicorn"),
        "uvicorn: checks void it (errors)",
    ),
    MissingKind.VOID_BY_FINDING: (
        Missing(MissingKind.VOID_BY_FINDING, finding="errors", detail="5 % of them."),
        "errors: 5 % of them.",
    ),
    MissingKind.VOID_AS_LISTED: (Missing(MissingKind.VOID_AS_LISTED), "the findings say why"),
    MissingKind.LOWER_BOUND: (
        Missing(MissingKind.LOWER_BOUND, run=2),
        "run 2: only a lower bound is known",
    ),
    MissingKind.NO_COMMON_ROUND: (
        Missing(MissingKind.NO_COMMON_ROUND),
        "the two have no round in common that can be compared",
    ),
    MissingKind.DOES_NOT_COUNT: (
        Missing(MissingKind.DOES_NOT_COUNT, detail="4 of 16 connections at worst"),
        "4 of 16 connections at worst",
    ),
}


@pytest.mark.parametrize("kind", MissingKind)
def test_every_kind_is_said_in_its_own_words(kind: MissingKind) -> None:
    missing, said = SAID[kind]
    assert (missing.kind, missing.reason) == (kind, said)


def test_findings_that_are_not_named_leave_no_brackets() -> None:
    assert Missing(MissingKind.VOID).reason == "checks void it"


def test_a_clause_leaves_out_quantile_and_count() -> None:
    missing = Missing(MissingKind.TAIL_UNANSWERED, q=0.9, seen=1_500, count=15_000)
    assert clause(missing) == "lies among the 1,500 requests that had no answer in time"


@pytest.mark.parametrize("kind", MissingKind)
def test_more_responses_give_quantiles_alone(kind: MissingKind) -> None:
    gives = kind in {MissingKind.TOO_FEW_RESPONSES, MissingKind.TAIL_IN_TOO_FEW_ROUNDS}
    assert Missing(kind).needs_more_responses == gives


def test_a_reason_with_braces_is_shown_unchanged() -> None:
    missing = Missing(MissingKind.FAILED, phase="start", detail="no {0.kind} here")
    assert missing.reason == "start: no {0.kind} here"


def test_what_is_missing_for_the_same_reason_is_the_same() -> None:
    assert Missing(MissingKind.NOT_MEASURED) == NOT_MEASURED
