"""How often a gate by counts is wrong, by recorded starts (`count_starts.py`) drawn into two sides.

Equal sides show false alarms. Where the new side is to cost more, its instructions are multiplied;
beside that, starts are judged whose apps do execute more. `--write` writes docs/results/counting.md.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, stdev

from counted import BUSY, CALIBRATION, QUIET, TURNS, Recording, Start, read
from recorded import DATA
from resampling import Share
from timetrial.features.counting.gate import MAX_REGRESSION
from timetrial.features.counting.judge import is_decided, judgements_of, ratio
from timetrial.features.counting.sides import LOOKS, Sides
from timetrial.features.gate.judgement import GateRule, Judgement
from timetrial.model import Estimate

DOCUMENT = Path(__file__).parents[2] / "docs" / "results" / "counting.md"
TITLES = {QUIET: "no endless loops beside it", BUSY: "beside two endless loops"}
COMPARISONS = 400
CHANGES = (0.0, 0.002, 0.003, 0.005, 0.01)
ALARMS = 0.05
"""The most that may be told apart of what is equal."""
SOON_MINUTES = 3.0
WANTED = 0.005
"""The change that is to be found as soon."""
POWER = 0.8
FEW, MORE = LOOKS.looks[0], LOOKS.looks[2]
FEWEST = 2
"""Starts of a server that vary."""
LABEL, NEW = "GET /json", "new"


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge recorded starts against each other.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are")
    parser.add_argument("--times", type=int, default=COMPARISONS, help="comparisons a row")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--write", action="store_true", help="into docs/results/counting.md")
    given = parser.parse_args()
    recordings = {
        name: read(given.data / name) for name in TITLES if (given.data / name).exists()
    }
    if not recordings:
        raise SystemExit(f"{given.data} has no recorded starts: count_starts.py records them")
    drawn = {
        name: drawn_rows(recording, given.times, random.Random(given.seed))  # noqa: S311 - it has to be repeatable
        for name, recording in recordings.items()
    }
    text = page(recordings, drawn)
    print(text)
    if given.write:
        DOCUMENT.write_text(text, "utf-8")
    print(target_row(drawn))
    return 0 if all(map(_meets_targets, drawn.values())) else 1


@dataclass(frozen=True, slots=True)
class Ended:
    """A comparison, and when it ended."""

    judged: Sequence[Judgement]
    starts: int
    minutes: float

    @property
    def failed(self) -> bool:
        return any(each.call == "regression" for each in self.judged)

    def holds(self, change: float) -> bool:
        """Whether the interval of the instructions has the true change in it."""
        return _holds(self.judged[0].ratio, change)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of comparisons with the same true change and limit."""

    change: float
    limit: float
    ended: Sequence[Ended]

    @property
    def failed(self) -> Share:
        return Share(sum(each.failed for each in self.ended), len(self.ended))

    @property
    def failed_soon(self) -> Share:
        hits = sum(each.failed and each.minutes <= SOON_MINUTES for each in self.ended)
        return Share(hits, len(self.ended))

    @property
    def missed(self) -> Share:
        hits = sum(not each.holds(self.change) for each in self.ended)
        return Share(hits, len(self.ended))

    @property
    def minutes(self) -> float:
        return fmean(each.minutes for each in self.ended)

    @property
    def starts(self) -> float:
        return fmean(each.starts for each in self.ended)


Rows = Sequence[Row]


def drawn_rows(recording: Recording, times: int, randomness: random.Random) -> Rows:
    of = {
        server: by_turns[0]
        for server, by_turns in recording.starts.items()
        if len(by_turns.get(0, ())) >= FEWEST
    }
    return [
        Row(change, limit, [compared(of, change, limit, randomness) for _ in range(times)])
        for limit in (0.0, MAX_REGRESSION)
        for change in CHANGES
    ]


def compared(
    of: Mapping[str, Sequence[Start]], change: float, limit: float, randomness: random.Random
) -> Ended:
    """Draw both sides from the starts of one server, and look at them as a gate does."""
    rule = GateRule((), limit, counts=("instructions", "system_calls"))
    recorded = of[randomness.choice(list(of))]
    old, new = (_drawn(recorded, randomness) for _ in range(2))
    sides = Sides(
        tuple({LABEL: each.times(1.0)} for each in old),
        tuple({LABEL: each.times(1.0 + change)} for each in new),
    )
    for look in LOOKS.looks:
        judged = judgements_of(Sides(sides.old[:look], sides.new[:look]), NEW, rule)
        if is_decided(judged):
            break
    # Two are counted at a time, and the next two when both have ended.
    took_s = sum(max(a.took_s, b.took_s) for a, b in zip(old[:look], new[:look], strict=True))
    return Ended(judged, look, took_s / 60)


def _drawn(recorded: Sequence[Start], randomness: random.Random) -> Sequence[Start]:
    """Draw as many starts as a gate counts at most.

    Of n starts that are drawn again and again the variance is smaller by a factor of 1 - 1/n.
    """
    wider = math.sqrt(len(recorded) / (len(recorded) - 1))
    middle = fmean(math.log(each.instructions) for each in recorded)

    def widened(start: Start) -> Start:
        apart = wider * (math.log(start.instructions) - middle)
        return Start(
            math.exp(middle + apart), start.system_calls, None, start.took_s, start.load
        )

    return list(map(widened, randomness.choices(recorded, k=LOOKS.looks[-1])))


def _holds(found: object, change: float) -> bool:
    if not isinstance(found, Estimate) or found.low is None or found.high is None:
        return False
    return found.low <= 1 + change <= found.high


def _meets_targets(rows: Rows) -> bool:
    equal, wanted = _row(rows, 0.0, 0.0), _row(rows, WANTED, 0.0)
    return equal.missed.bounds[0] <= ALARMS and wanted.failed_soon.value >= POWER


def _row(rows: Rows, change: float, limit: float) -> Row:
    return next(row for row in rows if (row.change, row.limit) == (change, limit))


@dataclass(frozen=True, slots=True)
class Injected:
    """Starts of one server whose apps execute more, against those whose apps do not."""

    server: str
    change: float
    """The true one, by the cost of a turn."""
    fours: Sequence[Estimate]
    """What a gate says by the first starts of each, by the next ones, …"""
    whole: Estimate | None
    """… and by more; None where there are too few."""


def injected(recording: Recording) -> Iterator[Injected]:
    for server, by_turns in recording.starts.items():
        old, new, calibration = (by_turns.get(turns, ()) for turns in (0, TURNS, CALIBRATION))
        if min(len(old), len(new)) < FEW or not calibration:
            continue
        base = fmean(each.instructions for each in old)
        turn = (fmean(each.instructions for each in calibration) - base) / CALIBRATION
        costs = [[each.instructions for each in of] for of in (old, new)]
        fours = [
            ratio(*(of[first : first + FEW] for of in costs), LOOKS.looks.index(FEW), 2)
            for first in range(0, min(map(len, costs)) - FEW + 1, FEW)
        ]
        whole = None
        if min(map(len, costs)) >= MORE:
            whole = ratio(*(of[:MORE] for of in costs), LOOKS.looks.index(MORE), 2)
        yield Injected(server, TURNS * turn / base, fours, whole)


def page(recordings: Mapping[str, Recording], drawn: Mapping[str, Rows]) -> str:
    """Write the page of docs/results."""
    lines = [
        "# Counted instructions: false alarms and power", "",
        "What [a gate by instructions](../gate.md) is worth. `benchmarks/method/count_starts.py` counts starts of",
        "six servers, Flask's JSON view on four and Starlette's on two, by the procedure of the gate;",
        "`count_proof.py` draws them into comparisons, judges these with the gate's code and writes this page.", "",
        *_recorded(recordings),
        "## What varies from start to start", "",
        *_servers(recordings), "",
        "SD: standard deviation of a start. Without keys: the same without the look-up of keys in dicts and sets.", "",
    ]  # fmt: skip
    for name, rows in drawn.items():
        lines += [f"## Comparisons, {TITLES[name]}", "", *_drawn_table(rows), ""]
    lines += [
        f"Each row: {len(next(iter(drawn.values()))[0].ended)} comparisons, drawn with replacement "
        "from the starts of one server at a time; with 95 %",
        "intervals of Clopper and Pearson, which say nothing of what other machines or servers would add. The",
        "new side's instructions are multiplied by the true change. \"Misses\" is an interval, two-sided, that",
        "leaves out the true change: where that is 0 %, a false alarm in either direction. Starts: of each side, on",
        "average. Minutes: of starts, two at a time, as they were recorded; installing is left out.", "",
        "## Differences that were made", "",
        f"Before the app each request goes through {TURNS} turns of a loop, of which one costs what a start with "
        f"{CALIBRATION:,}",
        f"turns says. Intervals are the gate's after {FEW} and {MORE} starts of each.", "",
        *_injected_table(recordings),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _recorded(recordings: Mapping[str, Recording]) -> Iterator[str]:
    for name, recording in recordings.items():
        starts = [s for by_turns in recording.starts.values() for of in by_turns.values() for s in of]
        loads = [start.load for start in starts]
        at = recording.conditions
        failed = f", {len(recording.failures)} failed" if recording.failures else ""
        yield (
            f"- `{name}`, {TITLES[name]}: {len(starts)} starts{failed}, {at['began']} UTC, {at['cores']} cores "
            f"of {at['cpu']}, two at a time; load average {min(loads):.1f} to {max(loads):.1f}."
        )
    yield ""


def _servers(recordings: Mapping[str, Recording]) -> Iterator[str]:
    yield "| server | beside it | starts | instructions | SD | without keys | system calls | seconds a start |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for name, recording in recordings.items():
        for server, by_turns in recording.starts.items():
            of = by_turns.get(0, ())
            if len(of) >= FEWEST:
                yield (
                    f"| {server} | {'nothing' if name == QUIET else 'two loops'} | {len(of)} | "
                    f"{_instructions(recordings, name, server)} | "
                    f"{_spread([s.instructions for s in of])} | "
                    f"{_spread([s.beside_probing for s in of if s.beside_probing])} | "
                    f"{median(s.system_calls for s in of):.1f} | "
                    f"{median(s.took_s for s in of):.1f} |"
                )


def _instructions(recordings: Mapping[str, Recording], name: str, server: str) -> str:
    """Write the mean, and for the busy machine how far it lies from that of the other."""
    means = {
        file: fmean(each.instructions for each in recording.starts[server][0])
        for file, recording in recordings.items()
        if recording.number(server, 0)
    }
    if name == QUIET or QUIET not in means:
        return f"{means[name]:,.0f}"
    return f"{means[name]:,.0f} ({100 * (means[name] / means[QUIET] - 1):+.2f} %)"


def _spread(values: Sequence[float]) -> str:
    return f"{100 * stdev(map(math.log, values)):.3f} %" if len(values) >= FEWEST else "–"


def _drawn_table(rows: Rows) -> Iterator[str]:
    yield (
        f"| true change | limit | gate fails | fails within {SOON_MINUTES:g} min | misses | starts | minutes |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        yield (
            f"| {100 * row.change:g} % | {100 * row.limit:g} % | {row.failed} | "
            f"{row.failed_soon.value:.1%} | {row.missed} | {row.starts:.1f} | {row.minutes:.1f} |"
        ).replace("% |", " % |").replace("  %", " %")


def _injected_table(recordings: Mapping[str, Recording]) -> Iterator[str]:
    yield f"| server | beside it | made | after {FEW} | after {MORE} |"
    yield "|---|---|---:|---:|---:|"
    held = of = 0
    for name, recording in recordings.items():
        for each in injected(recording):
            within = [_holds(found, each.change) for found in each.fours]
            held, of = held + sum(within), of + len(within)
            yield (
                f"| {each.server} | {'nothing' if name == QUIET else 'two loops'} | "
                f"{100 * each.change:+.2f} % | {'; '.join(map(_interval, each.fours))} | "
                f"{'–' if each.whole is None else _interval(each.whole)} |"
            )
    if of:
        yield ""
        yield f"Of the intervals after {FEW} starts, {Share(held, of)} hold what was made."


def _interval(found: Estimate) -> str:
    value, low, high = (
        math.nan if each is None else 100 * (each - 1)
        for each in (found.value, found.low, found.high)
    )
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def target_row(drawn: Mapping[str, Rows]) -> str:
    """Write the row for the targets of docs/method.md."""
    found = [
        f"{'' if name == QUIET else TITLES[name] + ' '}{100 * WANTED:g} % in "
        f"{row.failed_soon.value:.0%} of comparisons within {SOON_MINUTES:g} min, "
        f"{row.minutes:.1f} min on average"
        for name, rows in drawn.items()
        for row in [_row(rows, WANTED, 0.0)]
    ]
    met = "yes" if all(map(_meets_targets, drawn.values())) else "**no**"
    alarms = "; ".join(str(_row(rows, 0.0, 0.0).missed) for rows in drawn.values())
    return (
        f"| the same, instructions per request | ≤ 0.5 % | recorded: {'; '.join(found)}; "
        f"false alarms {alarms} ([counting](results/counting.md)) | {met} |"
    )


if __name__ == "__main__":
    sys.exit(main())
