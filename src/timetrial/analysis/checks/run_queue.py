"""Run-queue wait: threads of the generator or the server that were ready, but did not run."""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.checks.cell_context import CellContext, percent, span_s
from timetrial.analysis.checks.lasting import lasting_s
from timetrial.analysis.checks.thresholds import (
    GENERATOR_WAIT,
    GENERATOR_WAIT_WINDOWS,
    SERVER_WAIT,
    SERVER_WAIT_ROUNDS,
)
from timetrial.model import Finding, Measurement, Window


def find_generator(context: CellContext) -> Finding | None:
    waits = [share for m in context.measurements for share in _generator_waits(m)]
    mean = generator_wait(context.measurements)
    lasting = _lasting_generator_wait(context.measurements)
    if mean is None or lasting is None or GENERATOR_WAIT.judge(lasting) is None:
        return None
    disturbed = sum(GENERATOR_WAIT.judge(share) is not None for share in waits)
    severity = GENERATOR_WAIT_WINDOWS.judge(disturbed / len(waits)) or "doubtful"
    return context.finding(
        GENERATOR_WAIT.name,
        severity,
        f"{context.generator} waited for its cores for {percent(mean)} of the time "
        f"({GENERATOR_WAIT.shown('doubtful')} in {disturbed} of {len(waits)} windows).",
    )


def generator_wait(measurements: Iterable[Measurement]) -> float | None:
    """Return the time that the generator's threads waited, as a share of their time; None: unknown.

    Windows with services on the same CPUs do not count: `generator.find_services_beside` reports
    those.
    """
    known = _known_generator_waits(measurements)
    had_s = sum(threads_s for _, threads_s in known)
    return sum(waited_s for waited_s, _ in known) / had_s if had_s else None


def _lasting_generator_wait(measurements: Iterable[Measurement]) -> float | None:
    known = _known_generator_waits(measurements)
    had_s = sum(threads_s for _, threads_s in known)
    return lasting_s([waited_s for waited_s, _ in known]) / had_s if had_s else None


def _known_generator_waits(measurements: Iterable[Measurement]) -> list[tuple[float, float]]:
    windows = (w for m in measurements if not _has_services(m) for w in m.windows)
    return [
        (w.generator_wait_s, w.length_s * w.generator_threads)
        for w in windows
        if w.generator_wait_s is not None
    ]


def find_server(context: CellContext) -> Finding | None:
    shares = {m.trial.round: server_wait(m) for m in context.measurements}
    known = {number: share for number, share in shares.items() if share is not None}
    lasting = {m.trial.round: _lasting_server_wait(m) for m in context.measurements}
    disturbed = {
        number: share
        for number, share in known.items()
        if SERVER_WAIT.judge(lasting[number] or 0.0) is not None
    }
    if not disturbed:
        return None
    severity = SERVER_WAIT_ROUNDS.judge(len(disturbed) / len(known)) or "doubtful"
    return context.finding(
        SERVER_WAIT.name,
        severity,
        f"other processes ran on its cores while it was ready to run, for up to "
        f"{percent(max(disturbed.values()))} of the time ({SERVER_WAIT.shown('doubtful')} in "
        f"{len(disturbed)} of {len(known)} rounds).",
    )


def server_wait(measurement: Measurement) -> float | None:
    """Return the share of its cores' time that other processes ran while the server was ready.

    Threads of one server wait for each other, too: other processes caused no more waiting than
    they ran, and no more than there was. None: unknown.
    """
    caused, had_s = _caused(measurement)
    return sum(caused) / had_s if had_s else None


def _lasting_server_wait(measurement: Measurement) -> float | None:
    caused, had_s = _caused(measurement)
    return lasting_s(caused) / had_s if had_s else None


def _caused(measurement: Measurement) -> tuple[list[float], float]:
    """Return what other processes made the server wait, by window, and the time of its cores."""
    surroundings = measurement.surroundings
    if surroundings is None:
        return [], 0.0
    caused = [(min(w.server_wait_s, w.foreign_cpu_s), span_s(w)) for w in measurement.windows
              if w.server_wait_s is not None and w.foreign_cpu_s is not None]  # fmt: skip
    had_s = sum(passed_s for _, passed_s in caused) * len(surroundings.server_cpus)
    return [caused_s for caused_s, _ in caused], had_s


def _generator_waits(measurement: Measurement) -> list[float]:
    if _has_services(measurement):
        return []
    waits = ((_wait(window), window) for window in measurement.windows)
    return [waited for waited, _ in waits if waited is not None]


def _wait(window: Window) -> float | None:
    had_s = window.length_s * window.generator_threads
    return None if window.generator_wait_s is None or not had_s else window.generator_wait_s / had_s


def _has_services(measurement: Measurement) -> bool:
    """Return whether services of this run share the generator's CPUs; external ones do not."""
    return any(use.cpu_s is not None for use in measurement.services)
