"""Charts as SVG and PNG, by matplotlib; the same run gives the same bytes.

matplotlib is an extra: `pip install 'timetrial[charts]'`.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from timetrial.model import BadInput
from timetrial.reports.chart_specs import Percentiles, Picture, Timelines
from timetrial.reports.charts import Chart, Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ImageKind = Literal["svg", "png"]
Scheme = Literal["light", "dark"]
NEEDED = "charts need matplotlib; install it with: pip install 'timetrial[charts]'"
_WIDTH_IN = 8.0
_DOTS_PER_IN = 144
_ROOM_FOR_FIGURE = 1.16
"""Length of the axis, as a multiple of the chart's, for the figures at its right."""
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True, slots=True)
class _Colours:
    paper: str
    ink: str
    soft: str
    line: str
    accent: str
    lines: tuple[str, ...]
    """Colours of lines, safe for colour blindness (Okabe and Ito, darker or lighter)."""


_SCHEMES: dict[Scheme, _Colours] = {
    "light": _Colours(
        "#ffffff", "#1c1b19", "#6b6862", "#e4e1da", "#1f5fbf",
        ("#0072b2", "#d55e00", "#007a5a", "#b0418c", "#946c00", "#3b8fc4", "#1c1b19"),
    ),
    "dark": _Colours(
        "#1c1e22", "#eceae5", "#a09d96", "#33363c", "#82b1ff",
        ("#56b4e9", "#ff9457", "#3ecf9f", "#e08fc4", "#e6b93c", "#a8d5f2", "#eceae5"),
    ),
}  # fmt: skip


def draw(picture: Picture, kind: ImageKind, scheme: Scheme) -> bytes:
    """Draw a chart. Raises BadInput where matplotlib is not installed."""
    colours = _SCHEMES[scheme]
    with _style(colours):
        match picture.what:
            case Chart():
                figure = _dots(picture, picture.what, colours)
            case Percentiles():
                figure = _percentiles(picture, picture.what, colours)
            case Timelines():
                figure = _timelines(picture, picture.what, colours)
        return _written(figure, picture, kind)


@contextmanager
def _style(colours: _Colours) -> Iterator[None]:
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise BadInput(NEEDED) from error
    ours: dict[Any, Any] = {
        "svg.hashsalt": "timetrial",
        "svg.fonttype": "none",
        # A name with two dollar signs would be set as a formula.
        "text.parse_math": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.color": colours.ink,
        "axes.facecolor": colours.paper,
        "axes.edgecolor": colours.line,
        "axes.labelcolor": colours.soft,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": colours.line,
        "grid.linewidth": 0.7,
        "xtick.color": colours.soft,
        "ytick.color": colours.soft,
        "xtick.labelcolor": colours.soft,
        "ytick.labelcolor": colours.ink,
        "figure.facecolor": colours.paper,
        "savefig.facecolor": colours.paper,
    }
    with mpl.rc_context():
        # Settings of the user for other plots must not change these.
        mpl.rcdefaults()
        mpl.rcParams.update(ours)
        yield


def _figure_with_axes(picture: Picture, height_in: float) -> tuple[Figure, Axes]:
    figure = _empty_figure(picture, height_in)
    axes = figure.add_subplot()
    _without_frame(axes)
    return figure, axes


def _empty_figure(picture: Picture, height_in: float) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
    figure.suptitle(
        f"{picture.title}  ·  {picture.subtitle}", x=0.01, ha="left", fontsize=10, wrap=True
    )
    return figure


def _without_frame(axes: Axes) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(which="both", length=0)


def _dots(picture: Picture, chart: Chart, colours: _Colours) -> Figure:
    """Set a line for each stack: its rounds as faint dots, mean and interval."""
    figure, axes = _figure_with_axes(picture, 0.9 + 0.34 * len(chart.marks))
    for place, mark in enumerate(chart.marks):
        _mark(axes, place, mark, colours)
    axes.set_xticks([tick.at for tick in chart.ticks], [tick.label for tick in chart.ticks])
    axes.set_xlim(0, 100 * _ROOM_FOR_FIGURE)
    names = [f"{mark.row.name} {mark.row.version}".strip() for mark in chart.marks]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    return figure


def _mark(axes: Axes, place: int, mark: Mark, colours: _Colours) -> None:
    if mark.at is None:
        text = "failed" if mark.figure.failed else "no figure"
        axes.text(1, place, text, va="center", color=colours.soft, style="italic")
        return
    axes.plot([0, mark.at], [place, place], color=colours.accent, alpha=0.2, linewidth=1)
    spots = [place + 0.26] * len(mark.rounds)
    axes.scatter(mark.rounds, spots, s=5, color=colours.accent, alpha=0.4, linewidths=0)
    if mark.low is not None and mark.high is not None:
        interval = [mark.low, mark.high]
        axes.plot(interval, [place, place], color=colours.accent, linewidth=3, alpha=0.55)
    if mark.at_least:
        axes.plot([mark.at, 100], [place, place], color=colours.accent, linestyle=":")
    face = colours.paper if mark.doubted else colours.accent
    axes.plot(mark.at, place, "o", markersize=6, color=face, markeredgecolor=colours.accent)
    right = 100 * _ROOM_FOR_FIGURE
    said = f"{_rank(mark)} {mark.figure.text}".strip()
    axes.text(right, place, said, va="center", ha="right", weight="bold")


def _rank(mark: Mark) -> str:
    """Return the rank of a stack where the chart is about what it is about."""
    return mark.row.rank if mark.figure == mark.row.throughput else ""


def _percentiles(picture: Picture, shown: Percentiles, colours: _Colours) -> Figure:
    figure, axes = _figure_with_axes(picture, 4.2)
    for place, curve in enumerate(shown.curves):
        colour = colours.lines[place % len(colours.lines)]
        nines = [-math.log10(beyond) for beyond, _ in curve.points]
        times = [max(time_ms, 1e-6) for _, time_ms in curve.points]
        mark = _MARKS[place % len(_MARKS)]
        label = f"{curve.stack} (n = {curve.responses:,})"
        axes.plot(
            nines, times, color=colour, marker=mark, markersize=4, markevery=[-1], label=label
        )
    end = max(-math.log10(points[-1][0]) for points in (curve.points for curve in shown.curves))
    shares = [share for share in _PERCENTILES if -math.log10(1 - share) <= end + 1e-9]
    axes.set_xticks(
        [-math.log10(1 - share) for share in shares], [f"p{100 * share:g}" for share in shares]
    )
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    _plain_ticks(axes)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    if shown.not_shown:
        axes.set_xlabel(f"no figure: {', '.join(shown.not_shown)}", loc="left", fontsize=8)
    return figure


_PERCENTILES = (0.0, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)


def _plain_ticks(axes: Axes) -> None:
    """Write 0.5, 1, 20 and the like instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - an extra

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _timelines(picture: Picture, shown: Timelines, colours: _Colours) -> Figure:
    """Set the windows of each stack on a line of its own, all with the same height."""
    figure = _empty_figure(picture, 0.5 + 0.55 * len(shown.lines))
    rows: list[Axes] = list(figure.subplots(len(shown.lines), sharex=True, squeeze=False)[:, 0])
    for axes, line in zip(rows, shown.lines, strict=True):
        _without_frame(axes)
        axes.grid(visible=False)
        for edge in line.round_edges:
            axes.axvline(edge, color=colours.line, linewidth=0.7)
        xs, ys = [dot.x for dot in line.dots], [100 - dot.y for dot in line.dots]
        axes.scatter(xs, ys, s=7, color=colours.accent, alpha=0.8, linewidths=0)
        axes.set_ylim(0, 104)
        axes.set_xlim(0, 100)
        axes.set_xticks([])
        axes.set_yticks([50], [line.row.name])
    return figure


def _written(figure: Figure, picture: Picture, kind: ImageKind) -> bytes:
    content = io.BytesIO()
    about = (
        {"Title": f"{picture.title}: {picture.subtitle}", "Creator": "Timetrial", "Date": None}
        if kind == "svg"
        else {"Title": f"{picture.title}: {picture.subtitle}", "Software": "Timetrial"}
    )
    with warnings.catch_warnings():
        # A name may have letters that the font lacks: in an SVG the reader's fonts have them.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(content, format=kind, dpi=_DOTS_PER_IN, metadata=about)
    return content.getvalue()
