"""Remarks on how a stack starts, stops, reloads and loses a worker."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence

from timetrial.analysis.checks.worker_imbalance import allowed_share
from timetrial.model import (
    Doubt,
    Figures,
    ReloadFigures,
    StackSummary,
    StopFigures,
    WorkerFigures,
    alternatives,
    counted,
)

CLEAN_EXITS = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""What service managers accept as a requested stop."""
_FIGURES: dict[Figures, str] = {
    "start": "the start time",
    "stop": "exit time and lost requests at SIGTERM",
    "reload": "time and lost requests of a reload",
    "worker": "time and lost requests of a killed worker",
}
SLOW_EXIT_S = 5.0
"""Half of the 10 s after which container runtimes kill by default."""


def remarks(summary: StackSummary) -> tuple[str, ...]:
    """List what an operator has to know, the worst first: sentences without their subject."""
    worker, reload, stop = summary.worker, summary.reload, summary.stop
    return (
        *(_killed(worker) if worker else ()),
        *(_reloaded(reload) if reload else ()),
        *(_stopped(stop) if stop else ()),
        *(_uneven(worker, summary.workers) if worker else ()),
        *dict.fromkeys(
            f"the experiment '{failure.occasion.experiment}' failed: {failure.reason}"
            for failure in summary.setbacks
        ),
        *_disturbed(summary.doubts),
    )


def _killed(worker: WorkerFigures) -> Iterator[str]:
    if worker.ended:
        often = _often(worker.ended, worker.repeats)
        code = f", with exit code {alternatives(worker.exit_codes)}" if worker.exit_codes else ""
        yield f"the whole server ends when one worker dies{often}{code}"
    stayed = worker.repeats - worker.ended
    if not worker.alone and stayed and worker.back < stayed:
        yield f"a killed worker does not come back{_often(stayed - worker.back, stayed)}"
    if worker.outage_s is not None and worker.outage_s.high > 0:
        span = _span(worker.outage_s.median, worker.outage_s.high)
        yield f"no request is answered for {span} after one worker was killed"


def _reloaded(reload: ReloadFigures) -> Iterator[str]:
    name = reload.signal
    if reload.ended:
        yield f"{name} ends the whole server{_often(reload.ended, reload.repeats)}"
    if reload.unchanged:
        often = _often(reload.unchanged, reload.repeats)
        yield f"{name} replaces no worker{often}: new code is not served"
    if reload.ended < reload.repeats and reload.lost.high > 0:
        yield f"a reload loses up to {_requests(reload.lost.high)}"
    if reload.ended < reload.repeats and reload.outage_s.high > 0:
        yield (
            "no request is answered for "
            f"{_span(reload.outage_s.median, reload.outage_s.high)} during a reload"
        )


def _stopped(stop: StopFigures) -> Iterator[str]:
    if stop.killed:
        yield f"SIGTERM does not end it within the time given{_often(stop.killed, stop.repeats)}"
    if stop.cut_off.high > 0:
        verb = "was" if stop.cut_off.high == 1 else "were"
        yield f"SIGTERM cuts off up to {_requests(stop.cut_off.high)} that {verb} in flight"
    ignored = stop.lost.high - stop.cut_off.high
    if ignored > 0:
        verb = "is" if ignored == 1 else "are"
        yield f"SIGTERM lets up to {_requests(ignored)} come in that {verb} never answered"
    if stop.exit_s is not None and stop.exit_s.high > SLOW_EXIT_S:
        yield f"it takes up to {stop.exit_s.high:.1f} s to end"
    if stop.left:
        noun = "process lives" if stop.left == 1 else "processes live"
        yield f"{stop.left} {noun} on after SIGTERM has ended the main process"
    odd = tuple(code for code in stop.exit_codes if code not in CLEAN_EXITS)
    if odd:
        codes = alternatives(odd)
        yield f"it ends with exit code {codes} after SIGTERM, which looks like a failure"


def _uneven(worker: WorkerFigures, workers: int) -> Iterator[str]:
    if workers < 2 or worker.busiest is None:  # noqa: PLR2004 - a single worker shares nothing
        return
    if worker.busiest.median > allowed_share(workers):
        share = round(100 * worker.busiest.median)
        yield f"one of {workers} workers does {share} % of the work ({worker.busiest_by})"


def _disturbed(doubts: Sequence[Doubt]) -> Iterator[str]:
    left_out = [doubt for doubt in doubts if doubt.left_out]
    if left_out:
        listed = ", ".join(
            f"{doubt.left_out} of {doubt.repeats} repeats from {_FIGURES[doubt.figures]}"
            for doubt in left_out
        )
        yield f"left out, as the machine was disturbed: {listed}; {_worst(left_out)}"
    doubtful = [doubt for doubt in doubts if not doubt.left_out]
    if doubtful:
        listed = ", ".join(_FIGURES[doubt.figures] for doubt in doubtful)
        often = "" if all(doubt.repeats == 1 for doubt in doubtful) else " in all repeats"
        yield f"doubtful, as the machine was disturbed{often}: {listed}; {_worst(doubtful)}"


def _worst(doubts: Sequence[Doubt]) -> str:
    return f"at worst, {max(doubts, key=lambda doubt: doubt.times).reason}"


def _requests(number: float) -> str:
    return counted(number, "request", ".0f")


def _often(times: int, repeats: int) -> str:
    return "" if times == repeats else f" ({times} of {repeats} times)"


def _span(median: float, high: float) -> str:
    return f"{median:.1f} s" if median == high else f"up to {high:.1f} s"
