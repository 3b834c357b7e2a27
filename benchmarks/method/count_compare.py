"""Comparisons of recorded starts, judged as a gate by counts judges what it has counted. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from counted import CALIBRATION, TURNS, Recording, Start
from resampling import Share
from timetrial.features.counting.gate import MAX_REGRESSION
from timetrial.features.counting.judge import is_decided, judgements_of, ratio
from timetrial.features.counting.sides import LOOKS, Sides
from timetrial.features.gate.judgement import GateRule, Judgement
from timetrial.model import Estimate

CHANGES = (0.0, 0.002, 0.003, 0.005, 0.01)
SOON_MINUTES = 3.0
FEW, MORE = LOOKS.looks[0], LOOKS.looks[2]
FEWEST = 2
"""Starts of a server that vary."""
_LABEL, _NEW = "GET /json", "new"
_FIGURES = 2
"""That a gate judges of one request: instructions and system calls."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A comparison, and when it ended."""

    judged: Sequence[Judgement]
    """The instructions first."""
    starts: int
    minutes: float

    @property
    def failed(self) -> bool:
        return any(each.call == "regression" for each in self.judged)


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
        hits = sum(not holds(each.judged[0].ratio, self.change) for each in self.ended)
        return Share(hits, len(self.ended))

    @property
    def minutes(self) -> float:
        return fmean(each.minutes for each in self.ended)

    @property
    def starts(self) -> float:
        return fmean(each.starts for each in self.ended)


Rows = Sequence[Row]


def drawn_rows(recording: Recording, times: int, randomness: random.Random) -> Rows:
    """Compare at both limits: none, and the gate's own."""
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


def row_of(rows: Rows, change: float, limit: float) -> Row:
    return next(row for row in rows if (row.change, row.limit) == (change, limit))


def compared(
    of: Mapping[str, Sequence[Start]], change: float, limit: float, randomness: random.Random
) -> Ended:
    """Draw both sides from the starts of one server, and look at them as a gate does."""
    rule = GateRule((), limit, counts=("instructions", "system_calls"))
    recorded = of[randomness.choice(list(of))]
    old, new = (_drawn(recorded, randomness) for _ in range(2))
    sides = Sides(
        tuple({_LABEL: each.times(1.0)} for each in old),
        tuple({_LABEL: each.times(1.0 + change)} for each in new),
    )
    for look in LOOKS.looks:
        judged = judgements_of(Sides(sides.old[:look], sides.new[:look]), _NEW, rule)
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
        count = math.exp(middle + apart)
        return Start(count, start.system_calls, None, start.took_s, start.load)

    return list(map(widened, randomness.choices(recorded, k=LOOKS.looks[-1])))


def holds(found: object, change: float) -> bool:
    """Whether an interval of new over old has the true change in it."""
    if not isinstance(found, Estimate) or found.low is None or found.high is None:
        return False
    return found.low <= 1 + change <= found.high


@dataclass(frozen=True, slots=True)
class Injected:
    """Starts of one server with turns of the loop, against those without."""

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
        fewest = min(len(old), len(new))
        if fewest < FEW or not calibration:
            continue
        base = fmean(each.instructions for each in old)
        turn = (fmean(each.instructions for each in calibration) - base) / CALIBRATION
        fours = [_ratio(old, new, first, FEW) for first in range(0, fewest - FEW + 1, FEW)]
        whole = _ratio(old, new, 0, MORE) if fewest >= MORE else None
        yield Injected(server, TURNS * turn / base, fours, whole)


def _ratio(old: Sequence[Start], new: Sequence[Start], first: int, number: int) -> Estimate:
    before, after = (
        [each.instructions for each in of[first : first + number]] for of in (old, new)
    )
    return ratio(before, after, LOOKS.looks.index(number), _FIGURES)
