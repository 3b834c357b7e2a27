"""How often a difference is found, drawing no more samples than a question takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


class Curve:
    """The share of samples in which a difference is found, as a function of it.

    `outcomes` says for a difference, sample by sample, whether it is found: of as many samples as
    `times`, which are the same for every difference.
    """

    def __init__(self, outcomes: Callable[[float], Iterator[bool]], times: int) -> None:
        self._outcomes = outcomes
        self._times = times
        self._begun: dict[float, tuple[list[bool], Iterator[bool]]] = {}

    def __call__(self, by: float) -> float:
        return sum(self._of(by)) / self._times

    def reaches(self, share: float, by: float) -> bool:
        """Say whether a difference is found in such a share of all samples."""
        return reaches(share, self._of(by), self._times)

    def _of(self, by: float) -> Iterator[bool]:
        """Go through all samples; each is judged once."""
        if by not in self._begun:
            self._begun[by] = [], self._outcomes(by)
        known, rest = self._begun[by]
        yield from known
        for outcome in rest:
            known.append(outcome)
            yield outcome


def reaches(share: float, outcomes: Iterable[bool], times: int) -> bool:
    """Say whether such a share of `times` outcomes are hits, and ask for no more once it is sure.

    The answer is that of all of them: what is left can no longer change it.
    """
    needed = next((hits for hits in range(times + 1) if hits / times >= share), times + 1)
    hits = misses = 0
    for outcome in outcomes:
        hits += outcome
        misses += not outcome
        if hits >= needed or misses > times - needed:
            break
    return hits >= needed
