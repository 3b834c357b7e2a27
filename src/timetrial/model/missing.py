"""Why a figure is missing: a code with its numbers, and the clause that explains it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class MissingKind(StrEnum):
    """Reasons for which a figure is missing."""

    NOT_MEASURED = "not-measured"
    NOT_MEASURED_YET = "not-measured-yet"
    """The run has not reached it yet."""
    NOT_IN_THE_RUN = "not-in-the-run"
    """The run has no such cell."""
    NOT_IN_THE_NEW_RUN = "not-in-the-new-run"
    """`of` has not measured what the other run has."""
    FAILED = "failed"
    """In `phase`, for the reason in `detail`."""
    NO_CORRECT_RESPONSE = "no-correct-response"
    """In `seen` of `count` rounds."""
    NO_CPU_TIME = "no-cpu-time"
    NO_MEMORY = "no-memory"
    NONE_HELD = "none-held"
    """No connection stayed open, in `seen` of `count` rounds."""
    NO_GROWTH = "no-growth"
    """Memory did not grow with connections, or was not read, in `seen` of `count` rounds."""
    TOO_FEW_RESPONSES = "too-few-responses"
    """The quantile `q` needs `needed` of them, there were `count`."""
    TAIL_IN_TOO_FEW_ROUNDS = "tail-in-too-few-rounds"
    """`seen` rounds had responses as slow as the quantile `q`, `needed` are required."""
    TAIL_UNANSWERED = "tail-unanswered"
    """The quantile `q` lies among `seen` requests of `count` that had no answer in time."""
    VOID = "void"
    """Findings void it; `detail` may name them."""
    VOID_BY_FINDING = "void-by-finding"
    """The finding `finding` voids it, with its evidence in `detail`."""
    VOID_AS_LISTED = "void-as-listed"
    """Findings void it, and are listed beside it."""
    LOWER_BOUND = "lower-bound"
    """Only a lower bound is known."""
    NO_COMMON_ROUND = "no-common-round"
    """Two stacks have no round in common."""
    DOES_NOT_COUNT = "does-not-count"
    """For the reason in the status beside it, and in `detail`."""


NEEDS_MORE_RESPONSES = frozenset(
    {MissingKind.TOO_FEW_RESPONSES, MissingKind.TAIL_IN_TOO_FEW_ROUNDS}
)
"""More or longer rounds would give the quantile."""
_OF_QUANTILES = NEEDS_MORE_RESPONSES | {MissingKind.TAIL_UNANSWERED}


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a figure is missing."""

    kind: MissingKind
    q: float = 0.0
    """The quantile, 0 to 1; 0, as the numbers below, where the kind has none."""
    count: int = 0
    """How many there were in all: responses, or rounds."""
    seen: int = 0
    """Those of `count` that the kind is about."""
    needed: int = 0
    """The number required."""
    phase: str = ""
    """Phase of a failure; '', as the texts below, where the kind has none."""
    finding: str = ""
    """Name of the finding that voids the figure."""
    detail: str = ""
    """Text from a server or a finding."""
    of: str = ""
    """Which stack or run lacks it, where two are compared, …"""
    run: int = 0
    """… or the number of that run."""
    reason: str = field(init=False, default="")
    """The whole reason as a clause, for people; no decision depends on it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", _reason(self))

    @property
    def needs_more_responses(self) -> bool:
        """Whether more or longer rounds would give the figure."""
        return self.kind in NEEDS_MORE_RESPONSES


def clause(missing: Missing) -> str:
    """Return the reason alone, without stack, run, quantile and number of responses."""
    said = _CLAUSES[missing.kind].format(missing)
    named = missing.kind is MissingKind.VOID and missing.detail
    return f"{said} ({missing.detail})" if named else said


_CLAUSES = {
    MissingKind.NOT_MEASURED: "not measured",
    MissingKind.NOT_MEASURED_YET: "not measured yet",
    MissingKind.NOT_IN_THE_RUN: "no part of this run",
    MissingKind.NOT_IN_THE_NEW_RUN: "{0.of} has not measured it",
    MissingKind.FAILED: "{0.phase}: {0.detail}",
    MissingKind.NO_CORRECT_RESPONSE: (
        "no correct response within the windows of {0.seen} of {0.count} rounds"
    ),
    MissingKind.NO_CPU_TIME: (
        "processes of the server came or went in every round, or used no CPU time"
    ),
    MissingKind.NO_MEMORY: "memory could not be read",
    MissingKind.NONE_HELD: "no connection stayed open in {0.seen} of {0.count} rounds",
    MissingKind.NO_GROWTH: (
        "memory did not grow with the connections in {0.seen} of {0.count} rounds"
    ),
    MissingKind.TOO_FEW_RESPONSES: "needs {0.needed:,} responses",
    MissingKind.TAIL_IN_TOO_FEW_ROUNDS: (
        "needs responses as slow in {0.needed} rounds, they came in {0.seen}"
    ),
    MissingKind.TAIL_UNANSWERED: ("lies among the {0.seen:,} requests that had no answer in time"),
    MissingKind.VOID: "checks void it",
    MissingKind.VOID_BY_FINDING: "{0.finding}: {0.detail}",
    MissingKind.VOID_AS_LISTED: "the findings say why",
    MissingKind.LOWER_BOUND: "only a lower bound is known",
    MissingKind.NO_COMMON_ROUND: "the two have no round in common that can be compared",
    MissingKind.DOES_NOT_COUNT: "{0.detail}",
}


def _reason(missing: Missing) -> str:
    said = clause(missing)
    if missing.kind in _OF_QUANTILES:
        said = f"p{100 * missing.q:g} {said}, n = {missing.count:,}"
    if missing.kind is MissingKind.NOT_IN_THE_NEW_RUN:
        return said
    whose = missing.of or (f"run {missing.run}" if missing.run else "")
    return f"{whose}: {said}" if whose else said


NOT_MEASURED = Missing(MissingKind.NOT_MEASURED)
NOT_MEASURED_YET = Missing(MissingKind.NOT_MEASURED_YET)
