"""Puts recorded rounds to the code that decides in a run, and prints what comes of it.

`--write` keeps it in docs/results: method-figures.json, plots, and the last section of method.md.
Exit code 1: a target was missed; 2: there is nothing to evaluate.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duet_bias
import fault_rounds
import found
import found_bias
import found_checks
import found_known
import found_probe
import naive
import stall
from drawing import NoPlots, draw
from proof import Figure, Proof, as_json, as_markdown, into
from recorded import DATA, Recording, read, without_speed
from timetrial.machine.placement import available_cpus
from trials import FULL, QUICK, Effort

DOCS = Path(__file__).parents[2] / "docs" / "results"
DOCUMENT = DOCS / "method.md"
ALIKE = {"quiet": "alike-quiet.json", "foreign": "alike-foreign.json"}
KNOWN = "known.json"
MINUTES = 3.0
"""About as long does the full effort take on two CPUs that do nothing else."""
Steps = Callable[[found.Found, Path, Effort], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that need nothing of the others."""

    name: str
    file: str
    """Without it there are none."""
    steps: Steps
    minutes: float
    """Of one CPU, about, for the full effort."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Evaluate recorded rounds.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are")
    parser.add_argument("--quick", action="store_true", help="few samples, to see that it works")
    parser.add_argument("--share", type=float, default=1.0, help="of all samples  [%(default)s]")
    parser.add_argument("--write", action="store_true", help="into docs/results/")
    parser.add_argument("--minutes", type=float, help="begin nothing after them  [no end]")
    parser.add_argument("--no-plots", action="store_true", help="write no plots")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where --write writes")
    given = parser.parse_args()
    conditions = list(_conditions(given.data))
    effort = QUICK if given.quick else FULL.part(given.share)
    if effort != FULL:
        conditions.append(
            f"Judged with fewer samples than usual: {effort.comparisons} comparisons."
        )
    result = _evaluated(given.data, effort, given.minutes)
    if not result.tables and not result.left_out:
        sys.stderr.write(f"there are no recordings in {given.data}: make bench-method\n")
        return 2
    if result.left_out:
        conditions.append(f"Time was up before: {'; '.join(result.left_out)}.")
    plots: list[str] = []
    if given.write and not given.no_plots:
        try:
            plots = draw(given.docs, result)
        except NoPlots as reason:
            sys.stderr.write(f"{reason}\n")
    proof = Proof(result.tables, conditions, plots)
    print(as_markdown(proof))
    if given.write:
        (given.docs / "method-figures.json").write_text(as_json(proof), "utf-8")
        into(given.docs / DOCUMENT.name, proof)
    return 1 if any(figure.met is False for figure in _figures(proof)) else 0


def _evaluated(data: Path, effort: Effort, minutes: float | None) -> found.Found:
    """Go through all recordings that are there, part by part, on all CPUs at once."""
    parts = [part for part in PARTS if (data / part.file).exists()]
    share = {part.name: part.minutes for part in parts}
    cpus = len(available_cpus())
    if effort != QUICK:
        most = max(sum(share.values()) / cpus, max(share.values(), default=0))
        sys.stderr.write(f"evaluate: about {most:.1f} min\n")
    began_s = time.monotonic()
    until_s = began_s + 60 * minutes if minutes is not None else math.inf
    clock = (began_s, until_s)
    with ProcessPoolExecutor(cpus) as pool:
        begun = [pool.submit(evaluate_part, part.name, data, effort, clock) for part in parts]
        return found.join([each.result() for each in begun])


def evaluate_part(name: str, data: Path, effort: Effort, clock: tuple[float, float]) -> found.Found:
    """Do one part, and say how far it has got; `clock` says when all began and has to end."""
    began_s, until_s = clock
    result = found.Found()
    part = next(each for each in PARTS if each.name == name)
    for step in part.steps(result, data, effort):
        now_s = time.monotonic()
        if now_s > until_s:
            sys.stderr.write(f"evaluate: time is up: without {step}, and what follows\n")
            result.left_out.append(f"{step}, and what follows")
            break
        sys.stderr.write(f"evaluate: {now_s - began_s:4.0f} s  {step}\n")
    return result


def _alarms(condition: str) -> Steps:
    def steps(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
        if recording := _recording(data, ALIKE[condition]):
            yield from found.alarms(result, condition, recording, effort)

    return steps


def _finds(condition: str) -> Steps:
    def steps(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
        if recording := _recording(data, ALIKE[condition]):
            yield from found.finds(result, condition, recording, effort)

    return steps


def _known(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
    if recording := _recording(data, KNOWN):
        yield from found_known.known(result, recording, effort)


def _probe(condition: str) -> Steps:
    def steps(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
        if recording := _with_readings(data, ALIKE[condition]):
            yield from found_probe.probe(result, condition, recording, effort)

    return steps


def _probe_known(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
    if recording := _with_readings(data, KNOWN):
        yield from found_probe.known(result, recording, effort)


def _probe_unlike(result: found.Found, data: Path, _effort: Effort) -> Iterator[str]:
    for name in (duet_bias.FILE, duet_bias.LATER):
        if recording := _with_readings(data, name):
            yield from found_probe.readings(result, recording, recording.conditions["taken"])


def _usual(result: found.Found, data: Path, _effort: Effort) -> Iterator[str]:
    yield "the usual designs"
    found.usual_designs(result, naive.read(data / naive.FILE))


def _stalls(result: found.Found, data: Path, _effort: Effort) -> Iterator[str]:
    yield "stalls"
    found.stalls(result, data / stall.FILE)


def _bias(result: found.Found, data: Path, _effort: Effort) -> Iterator[str]:
    if recording := _recording(data, duet_bias.FILE):
        yield from found_bias.bias(result, recording)
        if later := _recording(data, duet_bias.LATER):
            yield "bias: hours later"
            found_bias.again(result, recording, later)


def _checks(result: found.Found, data: Path, effort: Effort) -> Iterator[str]:
    pools = fault_rounds.read(data / fault_rounds.FILE)
    known, quiet = _recording(data, KNOWN), _recording(data, ALIKE["quiet"])
    recorded = (_recording(data, name) for name in (duet_bias.FILE, duet_bias.LATER))
    unlike = [each for each in recorded if each is not None]
    yield from found_checks.checks(result, pools, known, quiet, effort, unlike=unlike)


PARTS = (
    Part("usual", naive.FILE, _usual, 0.0),
    Part("stalls", stall.FILE, _stalls, 0.0),
    Part("bias", duet_bias.FILE, _bias, 0.0),
    Part("checks", fault_rounds.FILE, _checks, 0.1),
    Part("known", KNOWN, _known, 1.1),
    Part("alarms, quiet", ALIKE["quiet"], _alarms("quiet"), 0.4),
    Part("alarms, foreign", ALIKE["foreign"], _alarms("foreign"), 0.4),
    Part("probe, unlike", duet_bias.FILE, _probe_unlike, 0.0),
    Part("probe, quiet", ALIKE["quiet"], _probe("quiet"), 1.0),
    Part("probe, foreign", ALIKE["foreign"], _probe("foreign"), 1.0),
    Part("probe, known", KNOWN, _probe_known, 0.5),
    Part("finds, quiet", ALIKE["quiet"], _finds("quiet"), 1.8),
    Part("finds, foreign", ALIKE["foreign"], _finds("foreign"), 1.8),
)
"""Where time may be up, what takes longest comes last."""


def _recording(data: Path, name: str) -> Recording | None:
    """Read a recording as one without a speed probe, which is off by default."""
    recording = _as_recorded(data, name)
    return None if recording is None else recording.each(without_speed)


def _with_readings(data: Path, name: str) -> Recording | None:
    recording = _as_recorded(data, name)
    return recording if recording is not None and found_probe.has_readings(recording) else None


@lru_cache(maxsize=4)
def _as_recorded(data: Path, name: str) -> Recording | None:
    """Read a recording once for all parts that a process does."""
    recording = read(data / name) if (data / name).exists() else None
    return recording if recording is not None and recording.rounds else None


def _conditions(data: Path) -> Iterator[str]:
    """Say under which conditions each recording was taken."""
    for name in (*ALIKE.values(), KNOWN, duet_bias.FILE, duet_bias.LATER):
        if recording := _recording(data, name):
            yield _condition(name, len(recording.rounds), recording.conditions)
    if (data / fault_rounds.FILE).exists():
        pools = fault_rounds.read(data / fault_rounds.FILE)
        yield _condition(fault_rounds.FILE, sum(map(len, pools.rounds.values())), pools.conditions)
    if (data / naive.FILE).exists():
        yield naive.described(data / naive.FILE)


def _condition(name: str, rounds: int, said: Mapping[str, Any]) -> str:
    foreign = f", a foreign process on the {said['foreign_on']}'s CPU" if said["foreign"] else ""
    share = f" that wants {100 * said['foreign']:g} % of it" if said["foreign"] else ""
    return (
        f"`{name}`: {rounds} rounds, {said['taken']} UTC, {said['cores']} cores of "
        f"{said['cpu']}, kernel {said['kernel']}, load average before {said['load_before']}"
        f"{foreign}{share}."
    )


def _figures(proof: Proof) -> Iterator[Figure]:
    for figures in proof.tables.values():
        yield from figures


if __name__ == "__main__":
    sys.exit(main())
