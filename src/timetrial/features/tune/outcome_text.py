"""What became of the settings of a search, in words."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.model import significant, size

_STYLES = {OutcomeKind.RECOMMENDED: "bold green", OutcomeKind.AS_GOOD: "green"}
_WORDS = {
    OutcomeKind.RECOMMENDED: "recommended",
    OutcomeKind.AS_GOOD: "as good",
    OutcomeKind.COULD_BE_BEST: "not told apart from the best",
    OutcomeKind.SILENT: "it gave no figure",
    OutcomeKind.TIME_WAS_OVER: "not measured: the time was over",
    OutcomeKind.FOR_THE_CURVE: "for the curve",
    OutcomeKind.NO_FIGURE_THAT_COUNTS: "no figure that counts",
    OutcomeKind.NO_PLACE_IN_FINALS: "no place in the finals",
    OutcomeKind.NO_FIGURE: "no figure",
}
_CLAUSES: dict[OutcomeKind, Callable[[SettingOutcome], str]] = {
    OutcomeKind.TOOK_TOO_MUCH_MEMORY: (
        lambda outcome: f"{_over(outcome)}: it took {size(outcome.memory_bytes)}"
    ),
    OutcomeKind.PREDICTED_TOO_MUCH_MEMORY: (
        lambda outcome: f"{_over(outcome)}: {size(outcome.memory_bytes)} are predicted"
    ),
    OutcomeKind.CANNOT_REACH_BEST: (
        lambda outcome: f"{_at_best(outcome)}, where {outcome.best} did {_least(outcome)}"
    ),
    OutcomeKind.CANNOT_REACH_RATE: (
        lambda outcome: f"{_at_best(outcome)}, where {_least(outcome)} are asked for"
    ),
    OutcomeKind.BEHIND: lambda outcome: f"{_behind(outcome)} the best",
    OutcomeKind.BEHIND_AND_LARGER: (
        lambda outcome: f"{_behind(outcome)} the best, and larger than others that may be as good"
    ),
    OutcomeKind.FAILED: lambda outcome: f"failed: {outcome.phase}: {outcome.detail}",
}
"""Of the kinds that have numbers, or texts of a server."""


def outcome_text(outcome: SettingOutcome) -> str:
    """Say all of it in a clause."""
    made = _CLAUSES.get(outcome.kind)
    return _WORDS[outcome.kind] if made is None else made(outcome)


def short_outcome_text(outcome: SettingOutcome) -> str:
    """Say it in as few words as a column has; the data have all of them."""
    if outcome.cannot_win:
        return "could not win"
    if outcome.is_over_memory:
        return _over(outcome)
    match outcome.kind:
        case OutcomeKind.BEHIND | OutcomeKind.BEHIND_AND_LARGER:
            return _behind(outcome)
        case OutcomeKind.COULD_BE_BEST:
            return "not told apart"
        case OutcomeKind.FAILED:
            # What a server said may be long: as far as its first comma.
            return f"failed: {outcome.phase}: {outcome.detail.partition(',')[0]}"
        case _:
            return _WORDS[outcome.kind]


def outcome_style(outcome: SettingOutcome, otherwise: str = "") -> str:
    """Choose how rich shows it."""
    return _STYLES.get(outcome.kind, otherwise)


def _over(outcome: SettingOutcome) -> str:
    return f"over {size(outcome.memory_limit_bytes)}"


def _at_best(outcome: SettingOutcome) -> str:
    return f"at best {significant(outcome.most_per_s, 2)} requests/s, by the pilot"


def _least(outcome: SettingOutcome) -> str:
    return significant(outcome.least_per_s, 2)


def _behind(outcome: SettingOutcome) -> str:
    return f"{100 * outcome.behind:.0f} % behind"
