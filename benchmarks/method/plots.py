"""Draws plots of the proof as SVG. A program of its own, run where matplotlib is installed.

Usage: plots.py FOLDER < FIGURES. What is read is JSON: "curves" are lists of points by name,
"intervals" by file a label, a line and (value, low, high) by name. Prints the files' names.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

POWER = "method-power.svg"


def main() -> int:
    matplotlib = import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "timetrial", "font.size": 9})
    pyplot = import_module("matplotlib.pyplot")
    folder, figures = Path(sys.argv[1]), json.load(sys.stdin)
    if figures["curves"]:
        _power(pyplot, folder / POWER, figures["curves"])
    for name, plot in figures["intervals"].items():
        _intervals(pyplot, folder / name, plot)
    return 0


def _power(pyplot: Any, file: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:  # noqa: ANN401 - a library without types here
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, points in curves.items():
        axes.plot([x for x, _ in points], [100 * y for _, y in points], label=name, marker=".")
    axes.axhline(80, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("true difference, %")
    axes.set_ylabel("found in % of the samples")
    axes.legend(fontsize=7)
    _save(pyplot, figure, file)


def _intervals(pyplot: Any, file: Path, plot: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
    rows = plot["rows"]
    figure, axes = pyplot.subplots(figsize=(7, 0.8 + 0.3 * len(rows)))
    for place, (value, low, high) in enumerate(rows.values()):
        axes.plot([low, high], [place, place], color="tab:blue")
        axes.plot([value], [place], "o", color="tab:blue", markersize=4)
    axes.axvline(plot["line"], color="grey", linewidth=0.8)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlabel(plot["label"])
    _save(pyplot, figure, file)


def _save(pyplot: Any, figure: Any, file: Path) -> None:  # noqa: ANN401 - as above
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
    print(file.name)


if __name__ == "__main__":
    sys.exit(main())
