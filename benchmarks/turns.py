"""One run of a generator, and runs of several that take turns."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence

from generators.generator import Generator, Load, Reading

_BEYOND_LENGTH_S = 15


class Unusable(Exception):  # noqa: N818 - it is no error: the row says why
    """A generator did not do what it was to do; the message is the reason."""


def run(generator: Generator, load: Load) -> Reading:
    """Run a generator to its end and charge it for all its CPU time. Raises Unusable."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            generator.command(load), stdin=subprocess.DEVNULL, stdout=output, stderr=complaints
        )
        killer = threading.Timer(load.length_s + _BEYOND_LENGTH_S, process.kill)
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        complaints.seek(0)
        said, complained = output.read(), complaints.read()
    if process.returncode != 0:
        lines = (complained.strip() or said.strip() or "it said nothing").splitlines()
        raise Unusable(f"exit code {process.returncode}: {lines[-1]}")
    try:
        responses = generator.responses(said)
    except (ValueError, LookupError, TypeError) as error:
        raise Unusable(f"its output was not understood: {error}") from error
    if responses.failed or not responses.ok:
        raise Unusable(f"{responses.failed:,} requests failed, {responses.ok:,} did not")
    return Reading(responses.ok, usage.ru_utime + usage.ru_stime)


def order(names: Sequence[str], turn: int) -> list[str]:
    """Follow each order by its reversal, so that a drift of the machine falls on all alike."""
    return list(names) if turn % 2 == 0 else list(reversed(names))


def interleaved(
    generators: Mapping[str, Generator],
    rounds: Mapping[str, int],
    load: Load,
    on_turn: Callable[[int], None],
) -> dict[str, list[Reading] | Unusable]:
    """Let all take turns; each takes part in the first `rounds` of its name, until it fails."""
    results: dict[str, list[Reading] | Unusable] = {name: [] for name in generators}
    for turn in range(max(rounds.values())):
        on_turn(turn)
        for name in order(list(generators), turn):
            readings = results[name]
            if isinstance(readings, Unusable) or turn >= rounds[name]:
                continue
            try:
                readings.append(run(generators[name], load))
            except Unusable as reason:
                results[name] = reason
    return results
