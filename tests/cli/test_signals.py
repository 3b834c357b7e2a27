"""Signals that end a verb early are handled while it measures, and no longer."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from timetrial.cli.signals import handled_as_before, terminated_like_interrupted


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def sent(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    number: signal.Signals = request.param
    # Where tests are started in the background or by nohup, it is ignored.
    heeded = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, heeded)
    yield number
    signal.signal(number, before)


def test_it_interrupts_a_measurement_and_is_handled_as_before_afterwards(
    sent: signal.Signals,
) -> None:
    before = signal.getsignal(sent)
    with handled_as_before(), pytest.raises(KeyboardInterrupt), terminated_like_interrupted():
        signal.raise_signal(sent)
    assert signal.getsignal(sent) == before
    with terminated_like_interrupted():
        pass
    assert signal.getsignal(sent) == before


def test_further_ones_cut_nothing_short_up_to_the_end_of_the_verb(sent: signal.Signals) -> None:
    done: list[str] = []

    def measure() -> None:
        try:
            signal.raise_signal(sent)
        finally:
            signal.raise_signal(sent)
            done.append("all servers are stopped")

    with handled_as_before():
        with (
            pytest.raises(KeyboardInterrupt),
            terminated_like_interrupted(),
            terminated_like_interrupted(),
        ):
            measure()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(sent)
        done.append("the way to go on is named")
    assert len(done) == 2


def test_one_that_is_ignored_stays_ignored(sent: signal.Signals) -> None:
    signal.signal(sent, signal.SIG_IGN)
    with terminated_like_interrupted():
        signal.raise_signal(sent)
    assert signal.getsignal(sent) == signal.SIG_IGN
