"""How often a gate by counts is wrong, by recorded starts (`count_starts.py`) drawn into two sides.

Equal sides show false alarms. Where the new side is to cost more, its instructions are multiplied;
beside that, starts are judged whose apps do execute more. `--write` writes docs/results.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Mapping
from pathlib import Path

from count_compare import SOON_MINUTES, WANTED, Row, Rows, drawn_rows, row_of
from count_page import TITLES, page
from counted import QUIET, read
from recorded import DATA

DOCUMENT = Path(__file__).parents[2] / "docs" / "results" / "counting.md"
COMPARISONS = 400
ALARMS = 0.05
"""The largest allowed rate of false alarms."""
POWER = 0.8
"""In how many comparisons the change that is wanted is to be found."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge recorded starts against each other.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are")
    parser.add_argument("--times", type=int, default=COMPARISONS, help="comparisons a row")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--write", action="store_true", help="into docs/results/counting.md")
    given = parser.parse_args()
    files = {name: given.data / name for name in TITLES}
    recordings = {name: read(file) for name, file in files.items() if file.exists()}
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
    if QUIET in drawn:
        print(target_row(drawn))
    return 0 if QUIET in drawn and _meets_targets(drawn[QUIET]) else 1


def _meets_targets(rows: Rows) -> bool:
    equal, wanted = row_of(rows, 0.0, 0.0), row_of(rows, WANTED, 0.0)
    soon = wanted.failed_soon if math.isnan(wanted.calm_minutes) else wanted.failed_soon_if_calm
    return equal.missed.bounds[0] <= ALARMS and soon.value >= POWER


def target_row(drawn: Mapping[str, Rows]) -> str:
    """Write the row for the targets of docs/method.md."""
    found = "; ".join(
        f"{'' if name == QUIET else TITLES[name] + ' '}{100 * WANTED:g} % in "
        f"{_soon(row_of(rows, WANTED, 0.0))} within {SOON_MINUTES:g} min, "
        f"false alarms {row_of(rows, 0.0, 0.0).missed}"
        for name, rows in drawn.items()
    )
    met = "yes, on a calm machine" if _meets_targets(drawn[QUIET]) else "**no**"
    return (
        "| the same, instructions per request | ≤ 0.5 % | "
        f"recorded: {found} ([counting](results/counting.md)) | {met} |"
    )


def _soon(row: Row) -> str:
    found = f"{100 * row.failed_soon.value:.0f} %"
    if math.isnan(row.calm_minutes):
        return found
    calm = f"{100 * row.failed_soon_if_calm.value:.0f} %"
    return f"{found} ({calm} with the seconds of starts on a calm machine)"


if __name__ == "__main__":
    sys.exit(main())
