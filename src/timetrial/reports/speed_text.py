"""What a table says of the speed probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.model import METRICS, CovariateRefusal, SpeedAdjustment, listed
from timetrial.model.summary import Table

_WHY: Mapping[CovariateRefusal, str] = {
    "no-readings": "some windows have no readings",
    "other-amounts": "its work was not the same in all windows",
    "not-server-bound": "the servers did not keep their CPUs busy",
    "too-few-rounds": "there are too few rounds",
    "differs-between-stacks": "it ran slower beside some servers than beside others, so that what "
    "it read is an effect of theirs",
    "explains-too-little": "it explains too little of what differs between rounds",
}


def speed_sentences(table: Table) -> Iterator[str]:
    """Say in which metrics the machine's speed was taken out of comparisons, and why not in others.

    One sentence for all metrics with the same reason.
    """
    done = [each for each in table.speed if each.refusal is None]
    if done:
        effects = listed([f"{_name(each)}: {_percent(each)}" for each in done])
        yield (
            "The speed probe took the machine's speed out of comparisons; this share of the "
            f"variance is left: {effects}."
        )
    for refusal in dict.fromkeys(each.refusal for each in table.speed if each.refusal):
        metrics = listed([_name(each) for each in table.speed if each.refusal == refusal])
        yield f"The speed probe did not adjust {metrics}: {_WHY[refusal]}."


def _name(adjustment: SpeedAdjustment) -> str:
    return METRICS[adjustment.metric].label


def _percent(adjustment: SpeedAdjustment) -> str:
    left = adjustment.variance_left
    return "" if left is None else f"{100 * left:.0f} %"
