"""Compact letter display: stacks that share a letter have no significant difference."""

from __future__ import annotations

import itertools
import string
from collections.abc import Collection, Iterator, Sequence

Group = frozenset[str]


def letters(stacks: Sequence[str], is_significant: Collection[frozenset[str]]) -> dict[str, str]:
    """Give letters such that two stacks share one if and only if they do not differ significantly.

    `is_significant` holds the significantly different pairs. Letters follow the order of `stacks`.
    """
    ordered = sorted(_groups(stacks, is_significant), key=lambda g: sorted(map(stacks.index, g)))
    named = list(zip(_alphabet(), ordered, strict=False))
    return {stack: "".join(letter for letter, g in named if stack in g) for stack in stacks}


def _groups(stacks: Sequence[str], is_significant: Collection[frozenset[str]]) -> list[Group]:
    """Find the compact letter display by insertion and absorption.

    Piepho, An algorithm for a letter-based representation of all-pairwise comparisons, Journal of
    Computational and Graphical Statistics 13 (2004). All start in one group. Each
    significant pair splits every group that holds both; groups inside another one are dropped.
    """
    groups: list[Group] = [frozenset(stacks)] if stacks else []
    for pair in is_significant:
        if not pair <= frozenset(stacks):
            continue
        together = [group for group in groups if pair <= group]
        split = [group - {member} for group in together for member in pair]
        groups = _absorbed([*(g for g in groups if not pair <= g), *split])
    return groups


def _absorbed(groups: Sequence[Group]) -> list[Group]:
    distinct = list(dict.fromkeys(groups))
    return [group for group in distinct if not any(group < other for other in distinct)]


def _alphabet() -> Iterator[str]:
    # Beyond 52 groups, Greek and further characters follow.
    return itertools.chain(string.ascii_letters, map(chr, itertools.count(0x3B1)))
