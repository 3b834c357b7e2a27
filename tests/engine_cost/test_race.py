"""The race of `make bench`: what generators say, ratios, verdicts, and what cannot be had."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case import Case, cases
from evidence import numbers_in
from generators.generator import Generator, Load, Responses
from generators.h2load import H2load
from generators.hey import Hey
from generators.k6 import K6
from generators.native import Native
from generators.oha import Oha
from generators.wrk import Wrk
from programs import NotHad, Program
from ratio import Ratio, median_ratio
from table import Row
from turns import Unusable, interleaved, order, run
from verdict import Judged, conclusion

PROGRAM = Program("tool", Path("tool"), "1.0")
CASE = Case("responder", 50, 1)
LOAD = Load("http://127.0.0.1:9/", 1, 1, 1)


WRK = """Running 1s test

{"requests": 90, "status": 2, "connect": 0, "read": 3, "write": 0, "timeout": 1}
"""
H2LOAD = """
finished in 1.00s, 90.00 req/s, 8.31MB/s
requests: 95 total, 99 started, 90 done, 88 succeeded, 2 failed, 1 errored, 0 timeout
status codes: 88 2xx, 0 3xx, 2 4xx, 0 5xx
"""
HEY = """
Status code distribution:
  [200]\t88 responses
  [500]\t2 responses

Error distribution:
  [4]\tGet "http://127.0.0.1:1/": connection refused
"""
OHA = """{
  "statusCodeDistribution": {"200": 88, "500": 2},
  "errorDistribution": {"aborted due to deadline": 50, "refused": 4}
}"""


@pytest.mark.parametrize(
    ("generator", "output", "responses"),
    [
        (Wrk(PROGRAM), WRK, Responses(88, 6)),
        (H2load(PROGRAM), H2LOAD, Responses(88, 3)),
        (Hey(PROGRAM), HEY, Responses(88, 6)),
        (Oha(PROGRAM), OHA, Responses(88, 6)),
        (K6(PROGRAM), '{"rate": 0.02, "passes": 2, "fails": 88}', Responses(88, 2)),
        (Native(PROGRAM, "epoll"), '{"ok": 88, "failed": 3}', Responses(88, 3)),
    ],
)
def test_correct_responses_are_told_from_failed_and_unfinished_ones(
    generator: Generator, output: str, responses: Responses
) -> None:
    assert generator.responses(output) == responses


@pytest.mark.parametrize("tool", [Wrk, H2load, Hey, Oha, K6])
@pytest.mark.parametrize("output", ["nothing\n", "[]"])
def test_an_output_that_is_not_understood_is_no_count(
    tool: type[Wrk | H2load | Hey | Oha | K6], output: str
) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        tool(PROGRAM).responses(output)


def test_an_order_is_followed_by_its_reversal() -> None:
    assert [order("abc", turn) for turn in range(2)] == [["a", "b", "c"], ["c", "b", "a"]]


@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=12), st.floats(0.1, 10))
def test_the_interval_of_a_median_ratio_holds_the_median(values: list[float], unit: float) -> None:
    found = median_ratio(values, [unit] * len(values))
    assert found.median == pytest.approx(statistics.median(values) / unit)
    assert found.low is not None
    assert found.high is not None
    assert min(values) / unit <= found.low <= found.median * (1 + 1e-9)
    assert found.median * (1 - 1e-9) <= found.high <= max(values) / unit


def test_one_disturbed_round_of_ten_does_not_move_the_interval() -> None:
    quiet = median_ratio([1.2, *[1.1] * 8, 1.0], [1.0] * 10)
    disturbed = median_ratio([9.0, *[1.1] * 8, 1.0], [1.0] * 10)
    assert (quiet.low, quiet.high) == (disturbed.low, disturbed.high) == (1.1, 1.1)


def test_five_rounds_give_a_median_without_an_interval() -> None:
    assert str(median_ratio([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5)) == "3.00"


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (Ratio(1.2, 1.1, 1.3), "met"),
        (Ratio(1.2, 1.0, 1.3), "met, not for certain"),
        (Ratio(1.2, None, None), "met, not for certain"),
        (Ratio(1.0, 0.9, 1.2), "missed, not for certain"),
        (Ratio(1.0, 0.9, 1.05), "missed"),
        (None, "not judged"),
    ],
)
def test_a_verdict_says_whether_the_interval_agrees(ratio: Ratio | None, verdict: str) -> None:
    assert Judged("epoll", 1.1, ratio, "").verdict == verdict


def test_a_missed_target_is_said_in_words_and_is_exit_code_1() -> None:
    met = Judged("the one", 1.1, Ratio(1.2, 1.1, 1.3), "")
    missed = Judged("the other", 1.3, Ratio(1.2, 1.1, 1.25), "")
    unknown = Judged("the third", 1.1, None, "there is no wrk")
    sentences, exit_code = conclusion([met, missed, unknown])
    assert exit_code == 1
    said, unjudged, summary = sentences
    assert said.startswith("missed: the other ")
    assert numbers_in(said) == [1.20, 1.10, 1.25, 1.3]
    assert unjudged.startswith("not judged")
    assert unjudged.endswith(f"{unknown.what}: {unknown.reason}")
    assert numbers_in(summary) == [1, 3]
    assert conclusion([met, unknown])[1] == 0
    assert conclusion([unknown])[1] == 2


def test_a_tool_that_cannot_be_had_is_a_row_with_the_reason() -> None:
    reason = "building oha failed: no compiler"
    row = Row(CASE, "oha", None, None, None, str(NotHad(reason)))
    assert str(row).endswith(f"–  {reason}")


def test_every_case_has_its_target() -> None:
    targets = {
        (case.connections, case.depth): (case.target("epoll"), case.target("io_uring"))
        for case in cases(quick=False)
    }
    assert targets == {(50, 1): (1.1, 1.3), (500, 1): (1.1, 1.3), (50, 16): (1.4, 1.4)}


def test_a_generator_that_ends_badly_is_unusable() -> None:
    broken = Native(Program("false", Path("/bin/false"), ""), "epoll")
    with pytest.raises(Unusable, match="exit code 1: "):
        run(broken, LOAD)


def test_a_generator_whose_requests_fail_is_unusable(tmp_path: Path) -> None:
    failing = said_by(tmp_path, '{"ok": 3, "failed": 2}')
    with pytest.raises(Unusable) as refusal:
        run(failing, LOAD)
    assert numbers_in(str(refusal.value)) == [2, 3]


def test_a_generator_that_fails_takes_no_further_turns(tmp_path: Path) -> None:
    generators = {
        "good": said_by(tmp_path, '{"ok": 3, "failed": 0}'),
        "bad": said_by(tmp_path, "gibberish"),
    }
    turns: list[int] = []
    results = interleaved(generators, {"good": 3, "bad": 2}, LOAD, turns.append)
    good, bad = results["good"], results["bad"]
    assert isinstance(good, list)
    assert [reading.ok for reading in good] == [3, 3, 3]
    assert isinstance(bad, Unusable)
    assert "not understood" in str(bad)
    assert turns == [0, 1, 2]


def said_by(folder: Path, output: str) -> Native:
    """Make a generator that does nothing and says this."""
    program = folder / f"program{len(list(folder.iterdir()))}"
    program.write_text(f"#!/bin/sh\necho '{output}'\n", encoding="ascii")
    program.chmod(0o755)
    return Native(Program("native", program, ""), "epoll")
