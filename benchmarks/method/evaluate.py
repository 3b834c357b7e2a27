"""Puts recorded rounds to the code that decides in a run, and prints what comes of it.

`--write` keeps it: docs/method-figures.json, plots, and the last section of docs/method-proof.md.
Exit code 1: a target was missed; 2: there is nothing to evaluate.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duet_bias
import found
import found_bias
import found_known
import naive
import stall
from drawing import NoPlots, draw
from proof import Figure, Proof, as_json, as_markdown, into
from recorded import DATA, Recording, read
from trials import FULL, QUICK, Effort

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCS / "method-proof.md"
ALIKE = {"quiet": "alike-quiet.json", "foreign": "alike-foreign.json"}
KNOWN, KNOWN_LATER = "known.json", "known-later.json"


def main() -> int:
    parser = argparse.ArgumentParser(description="Evaluate recorded rounds.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are")
    parser.add_argument("--quick", action="store_true", help="few samples, to see that it works")
    parser.add_argument("--write", action="store_true", help="into docs/")
    parser.add_argument("--no-plots", action="store_true", help="write no plots")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where --write writes")
    given = parser.parse_args()
    began_s = time.monotonic()
    result = found.Found()
    conditions: list[str] = []
    for step in _steps(given.data, result, conditions, QUICK if given.quick else FULL):
        sys.stderr.write(f"evaluate: {time.monotonic() - began_s:4.0f} s  {step}\n")
    if not result.tables:
        sys.stderr.write(f"there are no recordings in {given.data}: make bench-method\n")
        return 2
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


def _steps(data: Path, result: found.Found, conditions: list[str], effort: Effort) -> Iterator[str]:
    """Go through all recordings that are there."""
    for condition, name in ALIKE.items():
        if recording := _recording(data, name, conditions):
            yield from found.alike(result, condition, recording, effort)
    if known := _recording(data, KNOWN, conditions):
        yield from found_known.known(result, known, effort)
        if later := _recording(data, KNOWN_LATER, conditions):
            found_known.again(result, known, later)
    if (data / naive.FILE).exists():
        yield "the usual designs"
        found.usual_designs(result, naive.read(data / naive.FILE))
    if (data / stall.FILE).exists():
        found.stalls(result, data / stall.FILE)
    if bias := _recording(data, duet_bias.FILE, conditions):
        yield from found_bias.bias(result, bias)


def _recording(data: Path, name: str, conditions: list[str]) -> Recording | None:
    if not (data / name).exists():
        return None
    recording = read(data / name)
    if not recording.rounds:
        return None
    said = recording.conditions
    foreign = f", a foreign process on the {said['foreign_on']}'s CPU" if said["foreign"] else ""
    share = f" that wants {100 * said['foreign']:g} % of it" if said["foreign"] else ""
    conditions.append(
        f"`{name}`: {len(recording.rounds)} rounds, {said['taken']} UTC, {said['cores']} cores of "
        f"{said['cpu']}, kernel {said['kernel']}, load average before {said['load_before']}"
        f"{foreign}{share}."
    )
    return recording


def _figures(proof: Proof) -> Iterator[Figure]:
    for figures in proof.tables.values():
        yield from figures


if __name__ == "__main__":
    sys.exit(main())
