"""Signals that end a verb early are handled while it measures, and no longer."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from timetrial.cli.signals import terminated_like_interrupted


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def sent(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    number: signal.Signals = request.param
    before = signal.getsignal(number)
    yield number
    signal.signal(number, before)


def test_it_interrupts_a_measurement_and_is_handled_as_before_afterwards(
    sent: signal.Signals,
) -> None:
    before = signal.getsignal(sent)
    with pytest.raises(KeyboardInterrupt), terminated_like_interrupted():
        signal.raise_signal(sent)
    assert signal.getsignal(sent) == before


def test_one_that_is_ignored_stays_ignored(sent: signal.Signals) -> None:
    signal.signal(sent, signal.SIG_IGN)
    with terminated_like_interrupted():
        signal.raise_signal(sent)
    assert signal.getsignal(sent) == signal.SIG_IGN
