"""Successive halving: who goes on, who is dropped, and why."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.halving import (
    FINALISTS,
    SURE_ROUNDS,
    Search,
    after_rung,
    finalists,
    without,
)
from timetrial.features.tune.outcome import OutcomeKind, over_memory


def many(number: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(workers, 1, "uvicorn") for workers in range(1, number + 1))


def steady(scores: Mapping[Candidate, float], rounds: int) -> Mapping[Candidate, Sequence[float]]:
    """Repeat each score with a little noise."""
    randomness = random.Random(1)  # noqa: S311 - numbers that must repeat
    return {
        each: [score + randomness.gauss(0, 0.002) for _ in range(rounds)]
        for each, score in scores.items()
    }


def test_half_goes_on_where_all_is_clear() -> None:
    candidates = many(16)
    scores = steady({candidate: 0.2 * candidate.workers for candidate in candidates}, rounds=4)
    search = after_rung(Search(candidates), scores)
    # The best few are told apart even from each other, so that no place is kept for the rest.
    assert len(search.alive) <= 8
    assert candidates[-1] in search.alive
    assert search.dropped[0].why.kind is OutcomeKind.BEHIND


def test_those_that_clearly_lose_need_no_half_to_be_dropped() -> None:
    candidates = many(12)
    scores = steady(
        {candidate: 0.0 if candidate.workers > 2 else 1.0 for candidate in candidates}, rounds=3
    )
    search = after_rung(Search(candidates), scores)
    assert search.alive == candidates[:2]


def test_in_doubt_more_than_half_goes_on_while_rounds_are_few() -> None:
    candidates = many(16)
    search = after_rung(Search(candidates), {candidate: [0.0] for candidate in candidates})
    assert len(search.alive) == 12


def test_with_rounds_enough_half_goes_on_even_in_doubt() -> None:
    candidates = many(16)
    flat = {candidate: [0.0, 0.001] * SURE_ROUNDS for candidate in candidates}
    assert len(after_rung(Search(candidates), flat).alive) == 8


def test_the_smallest_of_equals_are_in_the_finals() -> None:
    candidates = many(16)
    search = Search(candidates)
    randomness = random.Random(5)  # noqa: S311 - numbers that must repeat
    while not search.is_decided:
        scores = {
            candidate: [randomness.gauss(0, 0.02) for _ in range(3)] for candidate in search.alive
        }
        search = after_rung(search, scores)
    assert candidates[0] in finalists(search)


def test_a_candidate_without_a_figure_is_out() -> None:
    candidates = many(6)
    scores = {candidate: [0.0, 0.0] if candidate.workers > 1 else [] for candidate in candidates}
    search = after_rung(Search(candidates), scores)
    assert candidates[0] not in search.alive
    assert search.dropped[0].is_silent


def test_one_that_stands_out_has_the_next_best_beside_it_in_the_finals() -> None:
    candidates = many(8)
    scores = steady(
        {
            candidate: float(candidate.workers == 5) + candidate.workers / 100
            for candidate in candidates
        },
        4,
    )
    search = after_rung(Search(candidates), scores)
    assert finalists(search) == (candidates[4], candidates[7])


def test_rungs_with_different_references_are_put_together() -> None:
    candidates = many(8)
    true = {candidate: 0.1 * candidate.workers for candidate in candidates}
    search = after_rung(Search(candidates), steady(true, 2))
    shifted = {each: true[each] - 5.0 for each in search.alive}
    again = after_rung(search, steady(shifted, 2))
    assert again.ranking.order[0] == candidates[-1]


def test_reasons_that_no_score_knows_take_candidates_out() -> None:
    candidates = many(3)
    search = without(Search(candidates), {candidates[2]: over_memory(1024**3, 1100 * 1024**2)})
    assert search.alive == candidates[:2]
    assert search.dropped[0].rung == 0


@given(st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**32))
def test_every_search_ends_with_finalists_that_took_part(
    number: int, rounds: int, seed: int
) -> None:
    candidates = many(number)
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    search = Search(candidates)
    for _ in range(12):
        if search.is_decided:
            break
        before = len(search.alive)
        scores = {
            candidate: [randomness.gauss(0, 0.1) for _ in range(rounds)]
            for candidate in search.alive
        }
        search = after_rung(search, scores)
        assert len(search.alive) < before
    assert search.is_decided
    chosen = finalists(search)
    assert 1 <= len(chosen) <= FINALISTS
    assert {*chosen} <= {*candidates}
    assert {*search.alive} | {gone.candidate for gone in search.dropped} == {*candidates}
