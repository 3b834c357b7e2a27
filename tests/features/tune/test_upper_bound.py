"""What cannot win even if it does as well as possible is not measured."""

from __future__ import annotations

from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.scores import MeasuredThroughput, ruled_out


def of(workers: int, threads: int, server: str = "gunicorn-gthread") -> Candidate:
    return Candidate(workers, threads, server)


ALONE = MeasuredThroughput(of(1, 1), 20.0, alone=True)
BEST = MeasuredThroughput(of(1, 64), 1_000.0)


def test_few_threads_cannot_reach_what_many_did() -> None:
    alive = [of(1, 1), of(1, 16), of(1, 32), of(2, 8), of(2, 32)]
    assert {*ruled_out(alive, [ALONE, BEST], str)} == {of(1, 1), of(1, 16), of(2, 8)}


def test_the_outcome_has_both_figures() -> None:
    (why,) = ruled_out([of(1, 4)], [ALONE, BEST], lambda each: f"{each.threads} threads").values()
    assert why == SettingOutcome(
        OutcomeKind.CANNOT_REACH_BEST, most_per_s=160.0, least_per_s=1_000.0, best="64 threads"
    )


def test_the_best_itself_and_what_may_beat_it_stay() -> None:
    assert not ruled_out([of(1, 64), of(3, 32)], [ALONE, BEST], str)


def test_who_cannot_bear_the_rate_that_is_asked_for_is_out() -> None:
    found = ruled_out([of(1, 4), of(1, 16)], [ALONE, BEST], str, rate_per_s=500.0)
    (why,) = found.values()
    assert why == SettingOutcome(OutcomeKind.CANNOT_REACH_RATE, most_per_s=160.0, least_per_s=500.0)


def test_smaller_ones_than_those_that_were_seen_are_not_judged_by_them() -> None:
    seen = [MeasuredThroughput(of(2, 8), 100.0), BEST]
    assert not ruled_out([of(1, 32), of(2, 4)], seen, str)


def test_another_server_is_not_judged_by_this_one() -> None:
    assert not ruled_out([of(1, 1, "waitress")], [ALONE, BEST], str)


def test_without_a_loaded_candidate_there_is_nothing_to_stay_behind() -> None:
    assert not ruled_out([of(1, 1)], [ALONE], str)
