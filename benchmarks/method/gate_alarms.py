"""How often does `timetrial gate` call a regression where nothing has changed?

Recorded rounds of equal stacks (`record.py`) are resampled into runs of an old and a new stack, and
these are put to the gate that people use. `--write` puts the tables into docs/results/gate.md.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from found import EQUAL, MODES, ROUNDS
from recorded import DATA, read, without_speed
from replay import run_of
from resampling import Share, error_of_recording
from shipped import METRICS, Pair, shifted
from timetrial.features.gate.judge import judge
from timetrial.features.gate.judgement import Gate, GateRule, JudgementKind
from timetrial.features.gate.side_by_side import gate_side_by_side
from timetrial.model.measurement import Measurement
from timetrial.model.suite import Mode
from timetrial.model.summary import Missing
from trials import pairs, sample

DOCUMENT = Path(__file__).parents[2] / "docs" / "results" / "gate.md"
FILE = "alike-quiet.json"
LIMITS = (0.0, 0.02, 0.05)
ALARMS = 0.05
"""The most that may be called a regression of what is equal."""
WORSE = (0.04, 0.06, 0.08, 0.10)
"""By so much requests a second fall in the second table, and CPU time per request rises."""
CAUGHT_AT = 0.05
TIMES = 200
_OLD, _NEW = "a", "b"
_BEGIN, _END = "<!-- from here on written by gate_alarms.py -->", "<!-- until here -->"


@dataclass(frozen=True, slots=True)
class Counted:
    """What gates came to on so many runs."""

    gates: Sequence[Gate]
    error: float
    """Standard deviation of a rate by what chance in the recording does."""

    @property
    def failed(self) -> Share:
        return Share(sum(gate.failed for gate in self.gates), len(self.gates), self.error)

    def share(self, call: JudgementKind) -> float:
        """Return how many of all figures were judged so."""
        calls = Counter(each.call for gate in self.gates for each in gate.judgements)
        return calls[call] / calls.total()


def main() -> int:
    parser = argparse.ArgumentParser(description="Count false alarms of the gate.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are")
    parser.add_argument("--times", type=int, default=TIMES, help="runs for each rate")
    parser.add_argument("--write", action="store_true", help="into docs/results/gate.md")
    given = parser.parse_args()
    recording = read(given.data / FILE).each(without_speed)
    lines: list[str] = []
    worst = 0.0
    for line, alarms in _tables(
        {
            mode_name: [found for each in who if (found := pairs(recording, *each))]
            for mode_name, who in EQUAL.items()
        },
        given.times,
    ):
        print(line, flush=True)
        lines.append(line)
        worst = max(worst, alarms)
    if given.write:
        before, _, rest = DOCUMENT.read_text("utf-8").partition(_BEGIN)
        after = rest.partition(_END)[2]
        body = "\n".join(lines)
        DOCUMENT.write_text(f"{before}{_BEGIN}\n\n{body}\n\n{_END}{after}", "utf-8")
    return 1 if worst > ALARMS else 0


def _tables(choices: dict[str, list[list[Pair]]], times: int) -> Iterator[tuple[str, float]]:
    """Write both tables line by line, each with the lower bound of a rate of false alarms."""
    yield "| equal stacks | limit | gates that fail | figures within the limit | cannot tell |", 0.0
    yield "|---|---:|---:|---:|---:|", 0.0
    for name, own in choices.items():
        if own:
            gates = judged(own, MODES.get(name, "alternate"), times)
            for limit in LIMITS:
                counted = counted_at(limit, gates, own)
                yield _row(name, f"{100 * limit:g} %", counted), counted.failed.bounds[0]
    yield "", 0.0
    yield f"| worse by | limit {100 * CAUGHT_AT:g} %: gates that fail |", 0.0
    yield "|---:|---:|", 0.0
    for by in WORSE:
        own = choices["two"]
        counted = counted_at(CAUGHT_AT, judged(own, "alternate", times, by), own)
        yield f"| {100 * by:g} % | {counted.failed} |", 0.0


def _row(name: str, limit: str, counted: Counted) -> str:
    within, open_ = (100 * counted.share(call) for call in ("within the limit", "cannot tell"))
    return f"| {_called(name)} | {limit} | {counted.failed} | {within:.0f} % | {open_:.0f} % |"


def _called(name: str) -> str:
    return {"two": "two, in turn", "four": "two of four, in turn", "duet": "duets"}[name]


def counted_at(limit: float, gates: Sequence[Gate], own: Sequence[Sequence[Pair]]) -> Counted:
    """Judge the same intervals by another limit."""
    terms = GateRule(METRICS, limit)
    again = [
        replace(
            gate,
            terms=terms,
            judgements=tuple(
                each
                if isinstance(each.ratio, Missing)
                else judge(each.cell, each.metric, each.ratio, limit, each.undecided)
                for each in gate.judgements
            ),
        )
        for gate in gates
    ]
    return Counted(again, error_of_recording(max(map(len, own))))


def judged(
    choices: Sequence[Sequence[Pair]], mode: Mode, times: int, worse: float = 0.0
) -> list[Gate]:
    """Put runs of one of several pairs, at random, to the gate."""
    randomness = random.Random(1)  # noqa: S311 - a sample that must repeat
    terms = GateRule(METRICS, LIMITS[0])
    gates = []
    for _ in range(times):
        rounds = sample(randomness.choice(choices), ROUNDS, randomness, swap=True)
        run = run_of(
            (_OLD, _NEW),
            [{_OLD: old, _NEW: _made_worse(new, worse)} for old, new in rounds],
            mode,
        )
        gates.append(gate_side_by_side(run, _OLD, _NEW, terms))
    return gates


def _made_worse(measurement: Measurement, by: float) -> Measurement:
    return shifted(measurement, math.log1p(-by), math.log1p(by)) if by else measurement


if __name__ == "__main__":
    sys.exit(main())
