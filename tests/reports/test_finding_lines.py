"""Findings of one kind are one line, with a count of servers."""

from __future__ import annotations

import pytest

from timetrial.analysis.checks.thresholds import THRESHOLDS
from timetrial.reports.finding_lines import finding_line, is_in_one_line

NAMES = [
    name
    for name in dict.fromkeys(threshold.name for threshold in THRESHOLDS)
    if is_in_one_line(name)
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("stacks", "who"),
    [(("a",), "a"), (("a", "b"), "a and b"), (tuple("abcd"), "4 of 5"), (tuple("abcde"), "ll 5")],
)
def test_it_names_one_or_two_servers_and_counts_more(
    name: str, stacks: tuple[str, ...], who: str
) -> None:
    texts = [f"{stack}: 8 threads / 50 ms = 160 req/s at most." for stack in stacks]
    line = finding_line(name, texts, stacks, 5)
    assert line.endswith((".", "`"))
    assert who in line or name in {"thread-cap", "not-all-held", "worker-connections"}
    assert "{" not in line


def test_each_kind_that_came_up_often_has_a_line() -> None:
    often = {"idle-server", "bound-by-client", "reconnect-per-request", "server-waited"}
    assert often <= set(NAMES)


def test_what_is_known_of_each_server_is_kept() -> None:
    line = finding_line("thread-cap", ["a: 8 / 50 ms.", "b: 2 / 50 ms."], ["a", "b"], 2)
    assert line == "a: 8 / 50 ms. b: 2 / 50 ms. To test more threads: `timetrial tune`."
    assert "1 more: --details." in finding_line("thread-cap", ["x."] * 4, list("abcd"), 4)


def test_another_kind_keeps_its_first_evidence() -> None:
    assert finding_line("drift", ["a: it fell.", "b: it rose."], ["a", "b"], 2) == "a: it fell."
