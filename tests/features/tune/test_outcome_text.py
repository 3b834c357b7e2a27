"""What became of a setting is a code with numbers, and said in words once."""

from __future__ import annotations

import pytest

from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome, over_memory
from timetrial.features.tune.terminal import outcome_style, outcome_text, short_outcome_text
from timetrial.model.units import MIB

OVER = over_memory(75 * MIB, 80 * MIB)
PREDICTED = over_memory(75 * MIB, 90 * MIB, predicted=True)
BEST = SettingOutcome(
    OutcomeKind.CANNOT_REACH_BEST, most_per_s=125.0, least_per_s=1_000.0, best="64 threads"
)
RATE = SettingOutcome(OutcomeKind.CANNOT_REACH_RATE, most_per_s=125.0, least_per_s=500.0)
LARGER = SettingOutcome(OutcomeKind.BEHIND_AND_LARGER, behind=0.034)
FAILED = SettingOutcome(OutcomeKind.FAILED, phase="start", detail="it died, and said nothing")
SAID = {
    OutcomeKind.RECOMMENDED: ("recommended", "recommended"),
    OutcomeKind.AS_GOOD: ("as good", "as good"),
    OutcomeKind.COULD_BE_BEST: ("no detectable difference from the best", "no difference"),
    OutcomeKind.TOOK_TOO_MUCH_MEMORY: ("over 75.0 MiB: it took 80.0 MiB", "over 75.0 MiB"),
    OutcomeKind.PREDICTED_TOO_MUCH_MEMORY: (
        "over 75.0 MiB: 90.0 MiB are predicted",
        "over 75.0 MiB",
    ),
    OutcomeKind.CANNOT_REACH_BEST: (
        "at best 120 requests/s, by the pilot, where 64 threads did 1,000",
        "could not win",
    ),
    OutcomeKind.CANNOT_REACH_RATE: (
        "at best 120 requests/s, by the pilot, where 500 are asked for",
        "could not win",
    ),
    OutcomeKind.BEHIND: ("12 % behind the best", "12 % behind"),
    OutcomeKind.BEHIND_AND_LARGER: (
        "3 % behind the best, and larger than others that may be as good",
        "3 % behind",
    ),
    OutcomeKind.SILENT: ("it gave no figure", "it gave no figure"),
    OutcomeKind.FAILED: ("failed: start: it died, and said nothing", "failed: start: it died"),
    OutcomeKind.TIME_WAS_OVER: (
        "not measured: the time was up",
        "not measured: the time was up",
    ),
    OutcomeKind.FOR_THE_CURVE: ("for the curve", "for the curve"),
    OutcomeKind.NO_FIGURE_THAT_COUNTS: ("no figure that counts", "no figure that counts"),
    OutcomeKind.NO_PLACE_IN_FINALS: ("no place in the finals", "no place in the finals"),
    OutcomeKind.NO_FIGURE: ("no figure", "no figure"),
}
WITH_NUMBERS = {
    each.kind: each
    for each in (
        OVER, PREDICTED, BEST, RATE, LARGER, FAILED, SettingOutcome(OutcomeKind.BEHIND, behind=0.12)
    )
}  # fmt: skip


@pytest.mark.parametrize("kind", OutcomeKind)
def test_every_outcome_is_said_in_full_and_in_short(kind: OutcomeKind) -> None:
    outcome = WITH_NUMBERS.get(kind, SettingOutcome(kind))
    assert (outcome_text(outcome), short_outcome_text(outcome)) == SAID[kind]


def test_memory_and_the_pilots_bound_are_told_by_their_kinds() -> None:
    assert {kind for kind in OutcomeKind if SettingOutcome(kind).is_over_memory} == {
        OVER.kind,
        PREDICTED.kind,
    }
    assert {kind for kind in OutcomeKind if SettingOutcome(kind).cannot_win} == {
        BEST.kind,
        RATE.kind,
    }


def test_only_what_may_be_run_stands_out() -> None:
    styled = {kind for kind in OutcomeKind if outcome_style(SettingOutcome(kind))}
    assert styled == {OutcomeKind.RECOMMENDED, OutcomeKind.AS_GOOD}
