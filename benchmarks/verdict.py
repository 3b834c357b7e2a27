"""Whether targets are met, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ratio import Ratio


@dataclass(frozen=True, slots=True)
class Judged:
    """What the engine was to reach somewhere, and what it did."""

    what: str
    """Backend and case."""
    target: float
    """So many times the requests a CPU-second of wrk, or of another peer."""
    ratio: Ratio | None
    """None: there is none."""
    reason: str
    """Why there is none."""

    @property
    def is_missed(self) -> bool:
        return self.ratio is not None and self.ratio.median < self.target

    @property
    def verdict(self) -> str:
        """Say where the median stands, and whether the interval is of one mind with it."""
        if self.ratio is None:
            return "not judged"
        low, high = self.ratio.low, self.ratio.high
        if self.is_missed:
            return (
                "missed" if high is not None and high < self.target else "missed, not for certain"
            )
        return "met" if low is not None and low >= self.target else "met, not for certain"


def conclusion(judged: Sequence[Judged], peer: str = "wrk") -> tuple[list[str], int]:
    """Say what was missed or could not be judged; the exit code is 1 if a target was missed, and 2
    if none could be judged.
    """
    missed = [each for each in judged if each.is_missed]
    unknown = [each for each in judged if each.ratio is None]
    sentences = [
        f"{each.verdict}: {each.what} answers {each.ratio} times as many requests a CPU-second as "
        f"{peer}, and was to answer {each.target} times as many"
        for each in missed
    ]
    sentences += [f"not judged: {each.what}: {each.reason}" for each in unknown]
    known = len(judged) - len(unknown)
    sentences.append(f"{known - len(missed)} of {len(judged)} targets are met")
    return sentences, 1 if missed else 0 if known else 2
