"""Which experiments are due, and in which order: interleaved over stacks, at random."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence

from timetrial.model.experiment import Kind, Occasion

REPEATS = 5


def occasions(kinds: Mapping[str, Sequence[Kind]], repeats: int, seed: int) -> tuple[Occasion, ...]:
    """Put all experiments of all stacks (by name) once into each repeat, in an order of its own."""
    ordered: list[Occasion] = []
    for repeat in range(1, repeats + 1):
        due = [
            Occasion(repeat, stack, kind)
            for stack, kinds_of_stack in kinds.items()
            for kind in kinds_of_stack
        ]
        random.Random(f"{seed}-{repeat}").shuffle(due)  # noqa: S311 - an order, no secret
        ordered += due
    return tuple(ordered)


def still_due(
    planned: Sequence[Occasion], held: Collection[Occasion], unstartable: Collection[str]
) -> tuple[Occasion, ...]:
    """Leave out what was held before, and stacks that do not start at all."""
    return tuple(
        occasion
        for occasion in planned
        if occasion not in held and occasion.stack not in unstartable
    )
