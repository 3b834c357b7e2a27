"""The page docs/results/counting.md: what was recorded, and what comparisons of it came to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median, stdev

from count_compare import (
    CALM_LOAD,
    FEW,
    FEWEST,
    SOON_MINUTES,
    WANTED,
    Rows,
    calm_seconds,
    holds,
    injected,
    row_of,
)
from counted import BUSY, CALIBRATION, QUIET, TURNS, Recording, Start
from resampling import Share
from timetrial.model import Estimate

TITLES = {QUIET: "no endless loops beside them", BUSY: "beside two endless loops"}
_BESIDE = {QUIET: "nothing", BUSY: "two loops"}
_PAGE = """\
# Counted instructions: false alarms and power

What [a gate by instructions](../gate.md#by-instructions-on-a-noisy-machine) is worth.
`benchmarks/method/count_starts.py` counts starts of six servers, four with Flask's JSON view and
two with Starlette's, as the gate does. `count_proof.py` draws comparisons from them, judges these
by the gate's code, and writes this page.

{recorded}

## What varies from start to start

{servers}

SD: standard deviation of a start. Without keys: the same without the look-up of keys in dicts and
sets. Seconds: the median of a start, and in brackets of the few at a load average of {calm:g} at
most; the starts themselves are two of it.

{comparisons}

A row is {times} comparisons, drawn with replacement from the starts of one server at a time, with
95 % intervals of Clopper and Pearson: they say nothing of what other machines and servers would
add. The instructions of the new side are multiplied by the true change. Misses: the two-sided
interval leaves out the true change; where that is 0 %, it is a false alarm in either direction.
Starts: of each side, on average. Minutes: of two starts at a time, as recorded, and in brackets
with the seconds of starts at a load of at most {calm:g}; without installing, and without the starts
that tell which functions changed.

## Differences that were made

Before the app each request goes through {turns} turns of a loop. What one turn costs is known by a
start with {calibration:,} of them. In brackets are 95 % intervals of one look (Welch), which are
narrower than those of a gate; all in per cent.

{injected}
"""


def page(recordings: Mapping[str, Recording], drawn: Mapping[str, Rows]) -> str:
    comparisons = (
        "\n".join([f"## Comparisons, {TITLES[name]}", "", *_drawn_table(rows)])
        for name, rows in drawn.items()
    )
    return _PAGE.format(
        recorded="\n".join(_recorded(recordings)),
        servers="\n".join(_servers(recordings)),
        comparisons="\n\n".join(comparisons),
        times=len(next(iter(drawn.values()))[0].ended),
        turns=TURNS,
        calibration=CALIBRATION,
        calm=CALM_LOAD,
        injected="\n".join(_injected_table(recordings)),
    )


def _recorded(recordings: Mapping[str, Recording]) -> Iterator[str]:
    for name, recording in recordings.items():
        by_turns = [of for server in recording.starts.values() for of in server.values()]
        loads = [start.load for of in by_turns for start in of]
        at = recording.conditions
        failed = f", {len(recording.failures)} failed" if recording.failures else ""
        yield (
            f"- `{name}`, {TITLES[name]}: {len(loads)} starts{failed}, from {at['began']} UTC on, "
            f"{at['cores']} cores of {at['cpu']}, two starts at a time; load average "
            f"{min(loads):.1f} to {max(loads):.1f}."
        )


def _servers(recordings: Mapping[str, Recording]) -> Iterator[str]:
    heads = (
        "server", "beside it", "starts", "instructions", "SD", "without keys", "system calls",
        "seconds a start",
    )  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for name, recording in recordings.items():
        for server, by_turns in recording.starts.items():
            of = by_turns.get(0, ())
            if len(of) >= FEWEST:
                cells = (
                    server,
                    _BESIDE[name],
                    f"{len(of)}",
                    _instructions(recordings, name, server),
                    _spread([each.instructions for each in of]),
                    _spread([each.beside_probing for each in of if each.beside_probing]),
                    f"{median(each.system_calls for each in of):.1f}",
                    _seconds(of),
                )
                yield f"| {' | '.join(cells)} |"


def _instructions(recordings: Mapping[str, Recording], name: str, server: str) -> str:
    """Write the mean, and beside loops how far it lies from the one without."""
    means = {
        file: fmean(each.instructions for each in recording.starts[server][0])
        for file, recording in recordings.items()
        if recording.number(server, 0)
    }
    if name == QUIET or QUIET not in means:
        return f"{means[name]:,.0f}"
    return f"{means[name]:,.0f} ({100 * (means[name] / means[QUIET] - 1):+.2f} %)"


def _seconds(of: Sequence[Start]) -> str:
    calm = calm_seconds(of)
    return f"{median(each.took_s for each in of):.0f}{'' if calm is None else f' ({calm:.0f})'}"


def _spread(values: Sequence[float]) -> str:
    return f"{100 * stdev(map(math.log, values)):.3f} %" if len(values) >= FEWEST else "–"


def _drawn_table(rows: Rows) -> Iterator[str]:
    soon = f"fails within {SOON_MINUTES:g} min"
    yield f"| true change | limit | gate fails | {soon} | misses | starts | minutes |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        soon, minutes = f"{100 * row.failed_soon.value:.0f} %", f"{row.minutes:.1f}"
        if not math.isnan(row.calm_minutes):
            soon += f" ({100 * row.failed_soon_if_calm.value:.0f} %)"
            minutes += f" ({row.calm_minutes:.1f})"
        cells = (
            f"{100 * row.change:g} %",
            f"{100 * row.limit:g} %",
            f"{row.failed}",
            soon,
            f"{row.missed}",
            f"{row.starts:.1f}",
            minutes,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    found = row_of(rows, WANTED, 0.0).failed_by_server()
    by_server = ", ".join(f"{server} {100 * own.value:.0f} %" for server, own in found.items())
    yield f"A change of {100 * WANTED:g} % at a limit of 0 %, by server: {by_server}."


def _injected_table(recordings: Mapping[str, Recording]) -> Iterator[str]:
    yield f"| server | beside it | made | found, by all starts | by {FEW} of each |"
    yield "|---|---|---:|---:|---:|"
    whole, by_fours = list[bool](), list[bool]()
    for name, recording in recordings.items():
        for each in injected(recording):
            whole.append(holds(each.whole, each.change))
            by_fours += [holds(found, each.change) for found in each.fours]
            cells = (
                each.server,
                _BESIDE[name],
                f"{100 * each.change:+.2f}",
                _interval(each.whole),
                "; ".join(map(_interval, each.fours)),
            )
            yield f"| {' | '.join(cells)} |"
    if whole:
        yield ""
        yield (
            f"What was made lies in {sum(whole)} of {len(whole)} intervals by all starts, and in "
            f"{sum(by_fours)} of {len(by_fours)} by {FEW}: {Share(sum(by_fours), len(by_fours))}."
        )


def _interval(found: Estimate) -> str:
    ends = (found.value, found.low, found.high)
    value, low, high = (math.nan if end is None else 100 * (end - 1) for end in ends)
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"
