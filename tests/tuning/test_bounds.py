"""What cannot win even if it does as well as possible is not measured."""

from __future__ import annotations

from timetrial.tuning.bounds import Seen, hopeless
from timetrial.tuning.candidate import Candidate


def of(workers: int, threads: int, server: str = "gunicorn-gthread") -> Candidate:
    return Candidate(workers, threads, server)


ALONE = Seen(of(1, 1), 20.0, alone=True)
BEST = Seen(of(1, 64), 1_000.0)


def test_few_threads_cannot_reach_what_many_did() -> None:
    alive = [of(1, 1), of(1, 16), of(1, 32), of(2, 8), of(2, 32)]
    assert {*hopeless(alive, [ALONE, BEST], str)} == {of(1, 1), of(1, 16), of(2, 8)}


def test_the_reason_names_both_figures() -> None:
    (reason,) = hopeless([of(1, 4)], [ALONE, BEST], lambda each: f"{each.threads} threads").values()
    assert reason == "at best 160 requests/s, by the pilot, where 64 threads did 1,000"


def test_the_best_itself_and_what_may_beat_it_stay() -> None:
    assert not hopeless([of(1, 64), of(3, 32)], [ALONE, BEST], str)


def test_who_cannot_bear_the_rate_that_is_asked_for_is_out() -> None:
    found = hopeless([of(1, 4), of(1, 16)], [ALONE, BEST], str, rate_per_s=500.0)
    assert list(found.values()) == ["at best 160 requests/s, by the pilot, where 500 are asked for"]


def test_smaller_ones_than_those_that_were_seen_are_not_judged_by_them() -> None:
    seen = [Seen(of(2, 8), 100.0), BEST]
    assert not hopeless([of(1, 32), of(2, 4)], seen, str)


def test_another_server_is_not_judged_by_this_one() -> None:
    assert not hopeless([of(1, 1, "waitress")], [ALONE, BEST], str)


def test_without_a_loaded_candidate_there_is_nothing_to_stay_behind() -> None:
    assert not hopeless([of(1, 1)], [ALONE], str)
