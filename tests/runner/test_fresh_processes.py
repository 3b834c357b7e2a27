"""What differs between two processes of one stack comes from its app, and is held against none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from answering import running, stacks, started
from evidence import numbers_in
from timetrial.machine.clock import Clock
from timetrial.model.errors import StackFailed
from timetrial.model.trial import Cell, Trial
from timetrial.model.workload import Request
from timetrial.project.requests.mix import Mix
from timetrial.runner.benchmark import failure
from timetrial.runner.response_consensus import agree
from timetrial.runner.starter import MOST_PROCESSES, first_right
from timetrial.stacks.process import RunningStack

HELLO = 'answer = lambda environ: page("Hello")'
HOME = Mix((Request("/"),), name="/")
SOON = Clock(sleep=lambda wait_s: time.sleep(min(wait_s, 0.1)))


def test_what_differs_from_process_to_process_is_not_checked_and_told_once(tmp_path: Path) -> None:
    code = """
import secrets
BUILD = secrets.token_hex(8)
answer = lambda environ: page("A page of our shop, build " + BUILD)
"""
    asked: list[tuple[str, int]] = []

    def fresh(name: str, number: int) -> RunningStack:
        asked.append((name, number))
        return started(tmp_path / f"fresh-{name}", name, code)

    with running(tmp_path, {"one": code, "other": code}) as live:
        agreed = agree(HOME, live, stacks("one", "other"), clock=SOON, fresh=fresh)
    assert sorted(asked) == [("one", 1), ("other", 1)]
    (step,) = agreed.workload.steps
    assert step.expect.body_template == "A page of our shop, build {*}"
    assert not agreed.disagreements
    (note,) = agreed.notes
    assert "from process to process of one server" in note


def test_a_failure_of_one_process_alone_is_told_and_puts_no_stack_out(tmp_path: Path) -> None:
    broken = 'answer = lambda environ: page("locked", "500 Oh no")'
    with running(tmp_path, {"one": HELLO, "other": broken}) as live:
        agreed = agree(
            HOME, live, stacks("one", "other"), clock=SOON,
            fresh=lambda name, number: started(tmp_path / f"{name}-{number}", name, HELLO),
        )  # fmt: skip
    assert not agreed.failed
    assert agreed.workload.expect.body == "Hello"
    (note,) = agreed.notes
    assert numbers_in(note) == [500, 200]


class Attempts:
    """Fails as often as there are failures, then starts."""

    def __init__(self, *failures: StackFailed, running: RunningStack | None = None) -> None:
        self.failures = list(failures)
        self.running = running
        self.number = 0

    def __call__(self) -> RunningStack:
        self.number += 1
        if self.failures:
            raise self.failures.pop(0)
        assert self.running is not None
        return self.running


def other_body() -> StackFailed:
    return StackFailed("answer", "answered with another body ('b')", "log", body_differs=True)


def test_a_stack_starts_afresh_while_its_body_alone_is_wrong(tmp_path: Path) -> None:
    live = started(tmp_path / "one", "one", HELLO)
    attempts = Attempts(other_body(), running=live)
    assert first_right(attempts, own_app=True) is live
    assert attempts.number == 2
    (warning,) = live.stop().warnings
    assert warning == "the process before this one answered with another body ('b')"


@pytest.mark.parametrize("own_app", [True, False])
def test_a_body_that_stays_wrong_names_what_to_type_in_a_race(*, own_app: bool) -> None:
    attempts = Attempts(*(other_body() for _ in range(MOST_PROCESSES)))
    with pytest.raises(StackFailed, match="and so did 2 processes before") as failed:
        first_right(attempts, own_app=own_app)
    assert ("--dynamic REGEX" in failed.value.reason) == own_app
    assert failed.value.log_tail == "log"
    kept = failure(Trial(1, Cell("all", "waitress")), failed.value, own_app=own_app)
    assert (kept.body_differs, kept.reason.count("--dynamic")) == (True, int(own_app))


def test_a_wrong_status_is_no_matter_of_chance() -> None:
    attempts = Attempts(StackFailed("answer", "answered status 500 instead of 200"))
    with pytest.raises(StackFailed, match="500"):
        first_right(attempts, own_app=True)
    assert attempts.number == 1
