"""Holm's adjustment for multiple tests."""

from __future__ import annotations

from collections.abc import Sequence


def adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the familywise error rate keeps to the level.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6 (1979): the i-th smallest of m (i from 0) is multiplied by m - i, and the
    results are made monotone.
    """
    m = len(p_values)
    result = [1.0] * m
    highest = 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (m - rank) * p_values[index]))
        result[index] = highest
    return tuple(result)
