"""Comparisons of recorded starts, judged as a gate by counts judges what it has counted. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance

from counted import CALIBRATION, TURNS, Recording, Start
from resampling import Share
from timetrial.analysis.statistics.t_distribution import quantile
from timetrial.features.counting.gate import MAX_REGRESSION
from timetrial.features.counting.judge import is_decided, judgements_of
from timetrial.features.counting.sides import LOOKS, Sides
from timetrial.features.gate.judgement import GateRule, Judgement
from timetrial.model import Estimate

CHANGES = (0.0, 0.002, 0.003, 0.005, 0.01)
WANTED, SOON_MINUTES = 0.005, 3.0
"""The change that is to be found within some minutes."""
FEW = LOOKS.looks[0]
CALM_LOAD = 3.0
"""The starts themselves are two of it."""
FEWEST = 2
"""Starts of a server that vary."""
_LABEL, _NEW = "GET /json", "new"


@dataclass(frozen=True, slots=True)
class Ended:
    """A comparison of starts of one server, and when it ended."""

    server: str
    judged: Sequence[Judgement]
    """The instructions first."""
    starts: int
    minutes: float
    """As the starts were recorded, whatever else the machine did."""
    calm_minutes: float
    """With the time of starts that were recorded while it did little else; NaN: none were."""

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
    def failed_soon_if_calm(self) -> Share:
        hits = sum(each.failed and each.calm_minutes <= SOON_MINUTES for each in self.ended)
        return Share(hits, len(self.ended))

    @property
    def missed(self) -> Share:
        hits = sum(not holds(each.judged[0].ratio, self.change) for each in self.ended)
        return Share(hits, len(self.ended))

    @property
    def minutes(self) -> float:
        return fmean(each.minutes for each in self.ended)

    def failed_by_server(self) -> Mapping[str, Share]:
        by_server: dict[str, list[Ended]] = {}
        for each in self.ended:
            by_server.setdefault(each.server, []).append(each)
        return {
            server: Share(sum(each.failed for each in own), len(own))
            for server, own in sorted(by_server.items())
        }

    @property
    def calm_minutes(self) -> float:
        return fmean(each.calm_minutes for each in self.ended)

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
    calm = {server: seconds for server in of if (seconds := calm_seconds(of[server]))}
    return [
        Row(change, limit, [compared(of, calm, change, limit, randomness) for _ in range(times)])
        for limit in (0.0, MAX_REGRESSION)
        for change in CHANGES
    ]


def row_of(rows: Rows, change: float, limit: float) -> Row:
    return next(row for row in rows if (row.change, row.limit) == (change, limit))


def calm_seconds(recorded: Sequence[Start]) -> float | None:
    """Return how long a start took while the machine did little else."""
    calm = [each.took_s for each in recorded if each.load <= CALM_LOAD]
    return median(calm) if calm else None


def compared(
    of: Mapping[str, Sequence[Start]],
    calm: Mapping[str, float],
    change: float,
    limit: float,
    randomness: random.Random,
) -> Ended:
    """Draw both sides from the starts of one server, and look at them as a gate does."""
    rule = GateRule((), limit, counts=("instructions", "system_calls"))
    server = randomness.choice(list(of))
    recorded = of[server]
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
    return Ended(server, judged, look, took_s / 60, look * calm.get(server, math.nan) / 60)


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
    whole: Estimate
    """By all starts of both, …"""
    fours: Sequence[Estimate]
    """… and by some of each at a time, none of them twice."""


def injected(recording: Recording) -> Iterator[Injected]:
    for server, by_turns in recording.starts.items():
        old, new, calibration = (
            [each.instructions for each in by_turns.get(turns, ())]
            for turns in (0, TURNS, CALIBRATION)
        )
        fewest = min(len(old), len(new))
        if fewest < FEW or not calibration:
            continue
        turn = (fmean(calibration) - fmean(old)) / CALIBRATION
        fours = [
            welch(old[first : first + FEW], new[first : first + FEW])
            for first in range(0, fewest - FEW + 1, FEW)
        ]
        yield Injected(server, TURNS * turn / fmean(old), welch(old, new), fours)


def welch(old: Sequence[float], new: Sequence[float]) -> Estimate:
    """Return new over old with the interval of one look, at 95 %: narrower than a gate's."""
    logs = [[math.log(each) for each in of] for of in (old, new)]
    parts = [variance(of) / len(of) for of in logs]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(of) - 1) for part, of in zip(parts, logs, strict=True)
    )
    change = fmean(logs[1]) - fmean(logs[0])
    half_width = quantile(freedom, 0.95) * math.sqrt(sum(parts))
    value, low, high = map(math.exp, (change, change - half_width, change + half_width))
    return Estimate(value, low, high, len(new))
