"""A trial keeps the objective, misses it, or says nothing of the server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from timetrial._engine import Histogram
from timetrial.features.capacity.judge import Observed, judge
from timetrial.features.capacity.slo import read_slo
from timetrial.features.capacity.trial import Cause, CauseKind
from timetrial.model.measurement import Counts

OBJECTIVE = read_slo("p99<100ms,errors<0.5%")


def histogram(*times_ms: tuple[float, int]) -> Histogram:
    made = Histogram()
    for time_ms, count in times_ms:
        made.record(round(time_ms * 1e6), count)
    return made


FINE = Observed(
    length_s=2.0,
    counts=Counts(arrivals=2000, ok=2000),
    completions=1999,
    response_time=histogram((5, 1990), (90, 10)),
    lateness=histogram((0.01, 2000)),
    generator_wait=0.0,
)
SLOW = replace(FINE, response_time=histogram((5, 1970), (110, 30)))


def test_a_trial_within_all_limits_kept_the_objective() -> None:
    assert judge(OBJECTIVE, FINE).verdict == "kept"


def test_a_percentile_at_its_limit_misses_it() -> None:
    judgement = judge(OBJECTIVE, SLOW)
    assert judgement.verdict == "missed"
    (cause,) = judgement.causes
    assert (cause.kind, cause.q) == (CauseKind.PERCENTILE, 0.99)
    assert cause.value == pytest.approx(110e6, rel=0.001)


def test_a_share_of_errors_at_its_limit_misses_it() -> None:
    seen = replace(FINE, counts=Counts(arrivals=2000, ok=1990, wrong_status=10), completions=1990)
    assert judge(OBJECTIVE, seen).causes == (Cause(CauseKind.ERRORS, 0.005),)


def test_a_growing_queue_misses_any_objective() -> None:
    # 5 % over what the server can do, for two seconds: nobody has waited for 5 s yet.
    seen = replace(FINE, completions=1900, response_time=histogram((50, 2000)))
    judgement = judge(read_slo("p99<5s"), seen)
    assert judgement.verdict == "missed"
    (cause,) = judgement.causes
    assert cause.kind is CauseKind.QUEUE_GREW
    assert cause.value == pytest.approx(0.05)


def test_a_queue_that_is_longer_at_the_end_by_chance_is_none_that_grew() -> None:
    # 1,000/s × 0.5 s are in flight on average.
    seen = replace(FINE, completions=1960, response_time=histogram((500, 2000)))
    assert judge(read_slo("p99<5s"), seen).verdict == "kept"


def test_errors_are_no_queue() -> None:
    seen = replace(FINE, counts=Counts(arrivals=2000, ok=1900, wrong_status=100), completions=1900)
    assert judge(read_slo("p99<100ms,errors<10%"), seen).verdict == "kept"


def test_a_late_generator_voids_a_miss() -> None:
    judgement = judge(OBJECTIVE, replace(SLOW, lateness=histogram((60, 2000))))
    assert judgement.verdict == "void"
    (cause,) = judgement.causes
    assert (cause.kind, cause.q) == (CauseKind.GENERATOR_LATE, 0.99)
    assert cause.value == pytest.approx(60e6, rel=0.001)


def test_a_generator_that_waited_for_its_cpu_voids_a_miss() -> None:
    judgement = judge(OBJECTIVE, replace(SLOW, generator_wait=0.2))
    assert judgement.verdict == "void"
    assert judgement.causes == (Cause(CauseKind.GENERATOR_WAITED, 0.2),)


def test_what_was_kept_stands_however_late_the_generator_was() -> None:
    # Response times begin when requests are due: the lateness is part of them.
    assert judge(OBJECTIVE, replace(FINE, lateness=histogram((60, 2000)))).verdict == "kept"


def test_errors_are_never_the_generators_fault() -> None:
    seen = replace(SLOW, counts=Counts(arrivals=2000, ok=1900, reset=100), generator_wait=0.5)
    assert judge(OBJECTIVE, seen).verdict == "missed"


def test_a_server_that_died_missed_the_objective() -> None:
    assert judge(OBJECTIVE, replace(FINE, died=True)).causes == (Cause(CauseKind.SERVER_DIED),)


def test_without_requests_nothing_is_said() -> None:
    judgement = judge(OBJECTIVE, replace(FINE, counts=Counts()))
    assert (judgement.verdict, judgement.causes) == ("void", (Cause(CauseKind.NOTHING_DUE),))
