"""Whole searches against truths that are known: what they pick, what they spend, what they say."""

from __future__ import annotations

from functools import cache

import pytest
from scripted_truths import (
    SERVER,
    Scripted,
    Truth,
    a_grid,
    a_target,
    flat,
    memory_mib,
    monotone,
    of_size,
    peaked,
    saturating,
    searched,
)

from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.suites import AT_ONCE
from timetrial.model.errors import StackFailed
from timetrial.model.units import MIB

SEEDS = range(3)
"""Searches of each kind; benchmarks/tuning_choice.py makes as many as are wanted."""
GOOD = 0.97


@cache
def recommended(truth: Truth, seed: int, noise: float) -> Candidate:
    tuned, _ = searched(Scripted(truth, seed, noise))
    assert tuned.choice is not None
    return tuned.choice.candidate


def shares_of_best(truth: Truth, noise: float) -> list[float]:
    """Return how good the recommended candidates are, seed by seed, as shares of the best."""
    best = max(map(truth, a_grid().candidates))
    return [truth(recommended(truth, seed, noise)) / best for seed in SEEDS]


@pytest.mark.parametrize("truth", [saturating, monotone, peaked, flat])
@pytest.mark.parametrize("noise", [0.005, 0.03])
def test_what_is_recommended_is_within_three_percent_of_the_best(
    truth: Truth, noise: float
) -> None:
    shares = shares_of_best(truth, noise)
    assert sum(share >= GOOD for share in shares) >= 0.8 * len(shares), sorted(shares)


def test_among_equals_the_smallest_is_recommended() -> None:
    sizes = [recommended(flat, seed, 0.005).slots for seed in SEEDS]
    assert sizes.count(1) >= 0.8 * len(SEEDS)


def test_rounds_go_where_they_decide() -> None:
    scripted = Scripted(saturating)
    _, begun = searched(scripted)
    rungs = [each for each in begun if each.kind == "rung"]
    counts = [each.candidates for each in rungs]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == len(counts)
    (finals,) = [each for each in begun if each.kind == "finals"]
    assert finals.candidates <= 4
    assert finals.rounds >= 5


@pytest.mark.parametrize("budget_s", [60.0, 120.0, 300.0])
@pytest.mark.parametrize("trial_s", [0.5, 2.0, 5.0])
def test_the_budget_is_kept_to_within_a_group_of_trials(budget_s: float, trial_s: float) -> None:
    scripted = Scripted(saturating, trial_s=trial_s)
    tuned, _ = searched(scripted, TuningSpec(budget_s=budget_s))
    assert tuned.took_s <= budget_s + AT_ONCE * trial_s


def test_a_budget_that_is_too_small_decides_nothing_and_says_so() -> None:
    tuned, _ = searched(Scripted(saturating, trial_s=6.0), TuningSpec(budget_s=30.0))
    assert tuned.choice is None or not tuned.choice.decided


def test_no_more_stacks_are_up_at_once_than_six() -> None:
    scripted = Scripted(monotone)
    searched(scripted)
    assert (
        max(len(benchmark.stacks) for suite in scripted.suites for benchmark in suite.benchmarks)
        <= 6
    )


def test_every_group_has_the_reference_among_it() -> None:
    scripted = Scripted(monotone)
    searched(scripted)
    first = next(suite for suite in scripted.suites if "rung 1" in suite.title)
    assert len(first.benchmarks) > 1
    assert len(set.intersection(*(set(benchmark.stacks) for benchmark in first.benchmarks))) == 1


def test_what_takes_more_memory_than_it_may_is_dropped_and_said_to() -> None:
    most = round(75 * MIB)
    scripted = Scripted(monotone)
    tuned, _ = searched(scripted, TuningSpec(memory_bytes=most))
    assert tuned.choice is not None
    assert memory_mib(tuned.choice.candidate) * MIB <= most
    # The pilot has measured 3 workers × 8 threads.
    taken, predicted = of_size(tuned, 3, 8), of_size(tuned, 3, 1)
    assert taken.kind is OutcomeKind.TOOK_TOO_MUCH_MEMORY
    assert predicted.kind is OutcomeKind.PREDICTED_TOO_MUCH_MEMORY
    assert min(taken.memory_bytes, predicted.memory_bytes) > 75 * MIB


def test_where_nothing_fits_into_the_memory_nothing_is_recommended() -> None:
    tuned, _ = searched(Scripted(monotone), TuningSpec(memory_bytes=10 * MIB))
    assert tuned.choice is None
    assert tuned.lines
    assert all(line.outcome.is_over_memory for line in tuned.lines)
    assert tuned.notes


def test_candidates_that_do_not_start_are_named_with_the_reason() -> None:
    def truth(candidate: Candidate) -> float:
        return 0.0 if candidate.threads == 8 else saturating(candidate)

    tuned, _ = searched(Scripted(truth))
    assert of_size(tuned, 1, 8) == SettingOutcome(
        OutcomeKind.FAILED, phase="start", detail="it died"
    )
    assert tuned.choice is not None
    assert tuned.choice.candidate.threads != 8


def test_where_no_candidate_of_the_pilot_starts_the_search_ends_with_the_reason() -> None:
    with pytest.raises(StackFailed, match="it died"):
        searched(Scripted(lambda _candidate: 0.0))


def test_the_curve_shows_what_each_knob_does_with_the_other_as_recommended() -> None:
    tuned, _ = searched(Scripted(saturating, noise=0.005))
    assert tuned.choice is not None
    chosen = tuned.choice.candidate
    by_knob = {curve.knob: curve for curve in tuned.curves}
    assert {*by_knob} == {"workers", "threads"}
    for curve in tuned.curves:
        values = [getattr(point.candidate, curve.knob) for point in curve.points]
        assert values == sorted(values)
        assert getattr(chosen, curve.knob) in values
    assert all(point.candidate.workers == chosen.workers for point in by_knob["threads"].points)


def test_memory_of_more_workers_is_predicted_with_an_interval() -> None:
    tuned, _ = searched(Scripted(saturating, noise=0.005))
    assert tuned.memory is not None
    assert tuned.predictions
    for each in tuned.predictions:
        assert each.workers > tuned.memory.most_workers
        assert each.memory_bytes.low is not None
        assert each.memory_bytes.high is not None
        truth = memory_mib(Candidate(each.workers, each.threads, SERVER)) * MIB
        assert each.memory_bytes.low <= truth <= each.memory_bytes.high


def test_p99_is_compared_at_half_of_what_the_best_of_the_pilot_carries() -> None:
    scripted = Scripted(saturating)
    tuned, _ = searched(scripted, TuningSpec(objective="p99"))
    piloted = max(saturating(Candidate(3, 8, SERVER)), saturating(Candidate(1, 16, SERVER)))
    assert tuned.rate_per_s == pytest.approx(0.5 * piloted, rel=0.15)
    loads = {
        benchmark.load.model
        for suite in scripted.suites
        if "pilot" not in suite.title
        for benchmark in suite.benchmarks
    }
    assert loads == {"open"}
    assert tuned.choice is not None
    # At that rate there are too few responses for p99.
    assert tuned.choice.metric == "p50_ns"
    assert any(note.startswith("p99 ") for note in tuned.notes)


def test_a_rate_that_is_given_is_driven() -> None:
    tuned, _ = searched(Scripted(saturating), TuningSpec(objective="p99", rate_per_s=30.0))
    assert tuned.rate_per_s == 30.0


def test_the_same_seed_gives_the_same_search() -> None:
    one, _ = searched(Scripted(peaked, seed=3))
    other, _ = searched(Scripted(peaked, seed=3))
    assert one == other


def test_four_candidates_need_no_rungs() -> None:
    target = a_target(a_grid(connections=2), connections=2)
    assert len(target.grid.candidates) == 4
    _, begun = searched(Scripted(flat), target=target)
    assert [each.kind for each in begun][:2] == ["pilot", "finals"]
