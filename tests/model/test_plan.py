"""Laws of the plan: repeatable, balanced, complete."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from runs import CHARACTERS, a_duet, a_stack, json_query, wait_50ms
from timetrial.model.load import OpenLoad
from timetrial.model.plan import Plan, plan
from timetrial.model.suite import Benchmark, Suite, WarmUp
from timetrial.model.trial import Cell, Trial

SEEDS = st.integers(0, 2**32 - 1)
STACKS = st.lists(st.sampled_from(sorted(CHARACTERS)), min_size=1, unique=True)


@st.composite
def suites(draw: st.DrawFn) -> Suite:
    """Suites whose second benchmark may be for some of the stacks only."""
    stacks = draw(STACKS)
    some = draw(st.lists(st.sampled_from(stacks), min_size=1, unique=True))
    return suite_of(
        stacks,
        json_query(stacks, windows=2 * draw(st.integers(1, 4))),
        wait_50ms(some),
        rounds=draw(st.integers(1, 4)),
    )


def suite_of(stacks: list[str], *benchmarks: Benchmark, rounds: int) -> Suite:
    named = tuple(a_stack(name) for name in stacks)
    return Suite("any", "Any", named, benchmarks, rounds, WarmUp())


def permutations_in(turns: tuple[str, ...], stacks: int) -> list[tuple[str, ...]]:
    return [turns[at : at + stacks] for at in range(0, len(turns), stacks)]


def orders(planned: Plan) -> list[object]:
    return [(round_.starts, round_.benchmarks) for round_ in planned.rounds]


@given(suites(), SEEDS)
def test_the_same_seed_gives_the_same_plan(suite: Suite, seed: int) -> None:
    assert plan(suite, seed) == plan(suite, seed)


@given(suites(), SEEDS)
def test_every_round_starts_every_stack_once(suite: Suite, seed: int) -> None:
    planned = plan(suite, seed)
    assert [round_.number for round_ in planned.rounds] == list(range(1, suite.rounds + 1))
    for round_ in planned.rounds:
        assert sorted(round_.starts) == sorted(stack.name for stack in suite.stacks)


@given(suites(), SEEDS)
def test_every_round_holds_every_benchmark_once(suite: Suite, seed: int) -> None:
    for round_ in plan(suite, seed).rounds:
        held = [planned.benchmark for planned in round_.benchmarks]
        assert sorted(held) == sorted(benchmark.name for benchmark in suite.benchmarks)


@given(suites(), SEEDS)
def test_each_stack_has_as_many_turns_as_its_benchmark_has_windows(suite: Suite, seed: int) -> None:
    for round_ in plan(suite, seed).rounds:
        for planned in round_.benchmarks:
            benchmark = suite.benchmark(planned.benchmark)
            expected = dict.fromkeys(benchmark.stacks, benchmark.windows)
            assert Counter(planned.turns) == expected


@given(suites(), SEEDS)
def test_each_permutation_is_followed_by_its_reversal(suite: Suite, seed: int) -> None:
    for round_ in plan(suite, seed).rounds:
        for planned in round_.benchmarks:
            stacks = suite.benchmark(planned.benchmark).stacks
            blocks = permutations_in(planned.turns, len(stacks))
            for there, back in zip(blocks[::2], blocks[1::2], strict=True):
                assert sorted(there) == sorted(stacks)
                assert back == there[::-1]


@given(suites(), SEEDS)
def test_no_stack_is_on_average_later_than_another(suite: Suite, seed: int) -> None:
    """So a machine that slows down at a steady rate favours none."""
    for round_ in plan(suite, seed).rounds:
        for planned in round_.benchmarks:
            places: dict[str, int] = {}
            for place, stack in enumerate(planned.turns):
                places[stack] = places.get(stack, 0) + place
            assert len(set(places.values())) == 1


@given(suites(), SEEDS)
def test_trials_are_all_cells_in_all_rounds(suite: Suite, seed: int) -> None:
    expected = {
        Trial(number, Cell(benchmark.name, stack))
        for number in range(1, suite.rounds + 1)
        for benchmark in suite.benchmarks
        for stack in benchmark.stacks
    }
    trials = list(plan(suite, seed).trials())
    assert set(trials) == expected
    assert len(trials) == len(expected)
    assert [trial.round for trial in trials] == sorted(trial.round for trial in trials)


@given(st.lists(SEEDS, min_size=5, max_size=5, unique=True))
def test_different_seeds_give_different_orders(seeds: list[int]) -> None:
    """Five stacks in four rounds have more orders than two seeds could ever share by chance."""
    stacks = sorted(CHARACTERS)
    suite = suite_of(stacks, json_query(stacks), rounds=4)
    found = [orders(plan(suite, seed)) for seed in seeds]
    assert all(one != other for one, other in itertools.combinations(found, 2))


@given(STACKS, st.integers(1, 4), SEEDS)
def test_a_duet_gives_every_pair_all_of_its_windows_in_a_row(
    stacks: list[str], windows: int, seed: int
) -> None:
    (round_,) = plan(suite_of(stacks, a_duet(stacks, windows), rounds=1), seed).rounds
    met = [
        (frozenset(pair), len(list(turns)))
        for pair, turns in itertools.groupby(round_.benchmarks[0].duets())
    ]
    expected = [(frozenset(pair), windows) for pair in itertools.combinations(stacks, 2)]
    assert len(met) == len(expected)
    assert set(met) == set(expected)


def test_either_of_a_duet_may_be_the_first() -> None:
    stacks = ["granian", "uvicorn"]
    planned = plan(suite_of(stacks, a_duet(stacks, windows=2), rounds=20), seed=1)
    assert {round_.benchmarks[0].duets()[0] for round_ in planned.rounds} == {
        ("granian", "uvicorn"),
        ("uvicorn", "granian"),
    }


def test_rounds_differ_within_a_plan() -> None:
    stacks = sorted(CHARACTERS)
    planned = plan(suite_of(stacks, json_query(stacks), wait_50ms(stacks), rounds=20), seed=1)
    assert len({round_.starts for round_ in planned.rounds}) > 10
    assert len({round_.benchmarks[0].benchmark for round_ in planned.rounds}) == 2


def test_two_stacks_alternate_as_abba_or_baab() -> None:
    stacks = ["granian", "uvicorn"]
    planned = plan(suite_of(stacks, json_query(stacks, windows=2), rounds=40), seed=1)
    a, b = stacks
    assert {round_.benchmarks[0].turns for round_ in planned.rounds} == {(a, b, b, a), (b, a, a, b)}


@given(STACKS, st.integers(1, 4), SEEDS)
def test_whole_trials_come_in_random_permutations(
    stacks: list[str], windows: int, seed: int
) -> None:
    whole = dataclasses.replace(
        wait_50ms(stacks), load=OpenLoad(100.0), mode="whole", windows=windows
    )
    (round_,) = plan(suite_of(stacks, whole, rounds=1), seed).rounds
    (benchmark,) = round_.benchmarks
    orders_of_turns = permutations_in(benchmark.turns, len(stacks))
    assert [sorted(order) for order in orders_of_turns] == [sorted(stacks)] * windows
    seeds = [benchmark.seed_of(turn) for turn in range(len(benchmark.turns))]
    assert [len(set(own)) for own in permutations_in(tuple(map(str, seeds)), len(stacks))] == (
        [1] * windows
    )
    assert len(set(seeds)) == windows
