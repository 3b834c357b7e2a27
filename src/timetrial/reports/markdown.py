"""A run as Markdown for a README: tables with intervals and ties, verdicts, findings, charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.model import Run, Summary, comma_separated, listed, size, utc_date
from timetrial.reports.counts import HEADS, TITLE, WHY_UNRANKED, CountView, count_views
from timetrial.reports.figures import Figure
from timetrial.reports.grids import superscripts
from timetrial.reports.not_tried import not_tried
from timetrial.reports.parts import QUANTILES as PART_QUANTILES
from timetrial.reports.ratios import change
from timetrial.reports.redaction import masked
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
from timetrial.reports.summary_text import passages
from timetrial.reports.table_view import FailureGroup, Note, RowView, TableView, view
from timetrial.reports.verdicts import ALL_PAIRS, metric_views, verdict

_MARKUP = re.compile(r"[\\`*<>|~$&#]|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])|:(?=//)")
"""Brackets alone are none, as a link takes what follows the second one; nor is an underscore
between letters."""
_AT_BEGIN = re.compile(r"^(?:[-+=:]|\d+(?=[.)](?:\s|$)))")
_FENCE = re.compile(r"`{3,}")
_CODE = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Escape a text, in one line, for a paragraph or a cell of a table."""
    line = _MARKUP.sub(lambda match: f"\\{match[0]}", " ".join(text.split()))
    return _AT_BEGIN.sub(_begun, line)


def with_code(text: str) -> str:
    """Escape a text, with what is between backticks as code."""
    parts = _CODE.split(text)
    written = [f"`{part}`" if place % 2 else _inline(part) for place, part in enumerate(parts)]
    return "".join(written)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Set cells that are Markdown already; so many columns from the left are text, not figures."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * left}{'--:|' * (len(heads) - left)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def fenced(text: str) -> Iterator[str]:
    """Set lines as they are, by a fence that none of them can close."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    yield from (fence, *text.splitlines(), fence, "")


def _begun(match: re.Match[str]) -> str:
    mark = match[0]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _inline(text: str) -> str:
    """Escape a part of a line, whose spaces at both ends matter."""
    if not text.strip():
        return text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead and ' '}{escaped(text)}{tail and ' '}"


@dataclass(frozen=True, slots=True)
class Image:
    """A chart that lies beside the text."""

    benchmark: str
    title: str
    """What it shows, for those who do not see it."""
    file: str
    """Name of the file."""
    dark_file: str
    """The same for dark pages."""


def as_markdown(summary: Summary, images: Sequence[Image] = ()) -> str:
    """Write what the terminal shows, with all comparisons, and links to the images."""
    return "\n".join(_lines(masked(summary), images)).rstrip() + "\n"


def _lines(summary: Summary, images: Sequence[Image]) -> Iterator[str]:
    run = summary.run
    yield from (f"# {escaped(run.plan.suite.title)}", "")
    version, date = escaped(run.timetrial_version), escaped(utc_date(run.created_at))
    yield from (f"Timetrial {version}, run {run.number}, {date}.", "")
    if not summary.complete:
        yield from ("**This run was interrupted: what follows is what there is of it.**", "")
    for passage in passages(summary):
        yield from (with_code(passage), "")
    for benchmark_table in summary.tables:
        charts = [image for image in images if image.benchmark == benchmark_table.benchmark.name]
        yield from _benchmark(view(summary, benchmark_table), charts)
    for counts in count_views(summary):
        yield from _counts(counts)
    yield from _machine(run)


def _benchmark(shown: TableView, images: Sequence[Image]) -> Iterator[str]:
    yield from (f"## {escaped(shown.title)}", "", escaped(shown.conditions), "")
    for image in images:
        yield from (_picture(image), "")
    yield from _figures_table(shown)
    if shown.parts:
        yield from _parts(shown)
    for failure_group in shown.failure_groups:
        yield from _failure_group(failure_group)
    for note in shown.notes:
        yield from (_note(note), "")
    if shown.remarks:
        yield from (with_code(" ".join(shown.remarks)), "")
    yield from _comparisons(shown)


def _picture(image: Image) -> str:
    """Link a chart so that GitHub shows the one that suits the reader's colour scheme."""
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{image.dark_file}">'
        f'<img alt="{_attribute(image.title)}" src="{image.file}"></picture>'
    )


def _figures_table(shown: TableView) -> Iterator[str]:
    if shown.is_idle:
        yield from _idle_table(shown)
        return
    heads = [
        "rank", "server", "requests/s", *(["vs first"] if shown.has_ratios else []),
        *(f"{quantile}, ms" for quantile in shown.quantiles),
        *(f"{head}, {unit}" for head, unit in STREAM_HEADS if shown.has_streams),
        "CPU ms/req", "memory, MiB", *(["failed"] if shown.any_failed else []),
    ]  # fmt: skip
    yield from table(heads, [_row(shown, row) for row in shown.rows], left=2)


def _idle_table(shown: TableView) -> Iterator[str]:
    heads = ("server", "held", "KiB a connection", "closed by the server", "failed")
    rows = [
        (
            _server(row), f"{superscripts(row.marks)} {row.held.text}".strip(),
            _figure_markdown(row.connection_kib), row.closed, row.failed,
        )
        for row in shown.rows
    ]  # fmt: skip
    yield from table(heads, rows, left=1)


def _server(row: RowView) -> str:
    name = f"**{escaped(row.name)}** {escaped(row.version)}".strip()
    return "<br>".join(filter(None, (name, escaped(row.shape), row.left)))


def _row(shown: TableView, row: RowView) -> tuple[str, ...]:
    marks = superscripts(row.marks)
    return (
        row.rank,
        _server(row),
        f"{marks} {_figure_markdown(row.throughput)}".strip(),
        *([_figure_markdown(row.vs_first)] if shown.has_ratios else []),
        *(_figure_markdown(latency) for latency in row.latencies_ms),
        *map(_figure_markdown, row.streams),
        _figure_markdown(row.cpu_s_per_1000),
        row.memory_mib.text,
        *([row.failed] if shown.any_failed else []),
    )


def _parts(shown: TableView) -> Iterator[str]:
    heads = ["server", "part", *(f"{q}, ms" for q in PART_QUANTILES), "longest", "count", "failed"]
    rows = [
        (
            escaped(line.stack), escaped(line.name), *map(_figure_markdown, line.quantiles_ms),
            line.longest, line.count, line.failed,
        )
        for line in shown.parts
    ]  # fmt: skip
    yield from table(heads, rows, left=2)


def _figure_markdown(figure: Figure) -> str:
    return f"{figure.text}<br>{figure.interval}" if figure.interval else figure.text


def _note(note: Note) -> str:
    texts = escaped(" ".join(note.texts))
    return f"{superscripts((note.number,))} *{note.severity}*: **{escaped(note.name)}**. {texts}"


def _failure_group(failure_group: FailureGroup) -> Iterator[str]:
    name, reason = escaped(failure_group.stack), escaped(failure_group.reason)
    if failure_group.declared:
        yield from (f"✗ **{name}** {escaped(not_tried(failure_group))}: {reason}", "")
        return
    foretold = " (its manifest says that it fails)" if failure_group.foretold else ""
    when = escaped(failure_group.when)
    yield from (f"✗ **{name}** failed in {when}, {failure_group.phase}: {reason}{foretold}", "")
    if failure_group.log_tail.strip():
        yield from fenced(failure_group.log_tail)


def _comparisons(shown: TableView) -> Iterator[str]:
    metrics = metric_views(shown.table)
    if not metrics:
        return
    yield from ("<details><summary>All comparisons</summary>", "")
    yield from (ALL_PAIRS, "")
    heads = ("in", "ratio of", "to", "change", "verdict")
    rows = [
        (metric.name, escaped(c.b), escaped(c.a), change(c.ratio), escaped(verdict(c)))
        for metric in metrics
        for c in metric.comparisons
    ]
    yield from table(heads, rows, left=len(heads))
    yield from ("</details>", "")


def _counts(shown: CountView) -> Iterator[str]:
    yield from (f"## {TITLE}: {escaped(shown.title)}", "")
    rows = [
        (f"**{escaped(row.stack)}**", row.cpu_ms.text, row.instructions, row.system_calls)
        for row in shown.rows
    ]
    yield from table(HEADS, rows, left=1)
    for each in shown.uncounted:
        yield from (f"✗ **{escaped(each.stack)}** was not counted: {escaped(each.reason)}", "")
    yield from (escaped(f"{shown.how} {WHY_UNRANKED}"), "")


def _machine(run: Run) -> Iterator[str]:
    machine = run.machine
    facts = {fact.stack: fact for fact in run.facts}
    pythons = dict.fromkeys(fact.python for fact in facts.values())
    rows = [
        ("CPU", escaped(machine.cpu_model)),
        ("cores", f"{machine.cores}"),
        ("of the server", _numbers(machine.server_cpus)),
        ("of the load generator", _numbers(machine.generator_cpus)),
        ("memory", size(machine.memory_bytes)),
        ("kernel", escaped(machine.kernel)),
        ("Python", escaped(listed(list(pythons)))),
    ]
    yield from ("## Machine", "")
    yield from table(("", ""), rows, left=2)
    for warning in machine.warnings:
        yield from (escaped(warning), "")


def _numbers(cpus: Sequence[int]) -> str:
    return "CPU " + comma_separated(cpus) if cpus else "–"


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
