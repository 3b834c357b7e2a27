"""The outcome of a setting in a search: a code with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """How far a setting came, or why it came no further."""

    RECOMMENDED = "recommended"
    AS_GOOD = "as-good"
    """As the best: no detectable difference, and hardly any loss."""
    COULD_BE_BEST = "could-be-best"
    """There is no detectable difference, but the figure is further behind."""
    TOOK_TOO_MUCH_MEMORY = "took-too-much-memory"
    PREDICTED_TOO_MUCH_MEMORY = "predicted-too-much-memory"
    CANNOT_REACH_BEST = "cannot-reach-best"
    """In proportion to what the pilot saw it would be slower than another setting."""
    CANNOT_REACH_RATE = "cannot-reach-rate"
    """Likewise, where all are driven at one rate."""
    BEHIND = "behind"
    """The figure is worse than the best one."""
    BEHIND_AND_LARGER = "behind-and-larger"
    """Likewise, by no more than noise may cause; smaller settings took its place."""
    SILENT = "silent"
    """It gave no figure in a rung."""
    FAILED = "failed"
    TIME_WAS_OVER = "time-was-over"
    """Before it was measured."""
    FOR_THE_CURVE = "for-the-curve"
    """It was measured with the recommended one, after the finals."""
    NO_FIGURE_THAT_COUNTS = "no-figure-that-counts"
    """In the finals, where nothing is recommended."""
    NO_PLACE_IN_FINALS = "no-place-in-finals"
    NO_FIGURE = "no-figure"
    """In the finals, in the metric that decides."""


@dataclass(frozen=True, slots=True)
class SettingOutcome:
    """The outcome of one setting; numbers are 0 and texts '' where the kind has none."""

    kind: OutcomeKind
    behind: float = 0.0
    """By which share of the best figure it is worse."""
    memory_bytes: float = 0.0
    """That it took, or is predicted to take."""
    memory_limit_bytes: int = 0
    """That it may take."""
    most_per_s: float = 0.0
    """The most requests a second that it could serve."""
    least_per_s: float = 0.0
    """What it would have to reach: the best setting's throughput, or the rate."""
    best: str = ""
    """Name of that setting."""
    phase: str = ""
    """In which it failed."""
    detail: str = ""
    """What it said then."""
    body_differs: bool = False
    """Whether nothing but the body of a response was wrong."""

    @property
    def is_over_memory(self) -> bool:
        return self.kind in {
            OutcomeKind.TOOK_TOO_MUCH_MEMORY,
            OutcomeKind.PREDICTED_TOO_MUCH_MEMORY,
        }

    @property
    def cannot_win(self) -> bool:
        return self.kind in {OutcomeKind.CANNOT_REACH_BEST, OutcomeKind.CANNOT_REACH_RATE}


def over_memory(limit_bytes: int, taken_bytes: float, *, predicted: bool = False) -> SettingOutcome:
    """Make the outcome of a setting that is dropped for its memory."""
    kind = OutcomeKind.TOOK_TOO_MUCH_MEMORY
    if predicted:
        kind = OutcomeKind.PREDICTED_TOO_MUCH_MEMORY
    return SettingOutcome(kind, memory_bytes=taken_bytes, memory_limit_bytes=limit_bytes)
