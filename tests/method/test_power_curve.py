"""A power curve judges as few samples as a question takes, and answers as if it were all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from power_curve import Curve, reaches

OUTCOMES = st.lists(st.booleans(), min_size=1, max_size=30)
SHARES = st.floats(0, 1)


def _counted(outcomes: Sequence[bool], asked: list[float]) -> Curve:
    def each(by: float) -> Iterator[bool]:
        for outcome in outcomes:
            asked.append(by)
            yield outcome

    return Curve(each, len(outcomes))


@given(OUTCOMES, SHARES)
def test_what_is_left_out_would_not_change_the_answer(outcomes: list[bool], share: float) -> None:
    expected = sum(outcomes) / len(outcomes) >= share
    assert reaches(share, outcomes, len(outcomes)) == expected


@given(OUTCOMES, SHARES)
def test_a_share_is_the_same_after_a_shorter_question(outcomes: list[bool], share: float) -> None:
    asked: list[float] = []
    curve = _counted(outcomes, asked)
    assert curve.reaches(share, 0.1) == (sum(outcomes) / len(outcomes) >= share)
    assert curve(0.1) == sum(outcomes) / len(outcomes)
    assert len(asked) == len(outcomes)


def test_samples_that_cannot_change_the_answer_are_not_judged() -> None:
    asked: list[float] = []
    curve = _counted([False] * 60, asked)
    assert not curve.reaches(0.8, 0.1)
    assert len(asked) == 13
