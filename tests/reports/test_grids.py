"""What tables on a terminal are made of."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from timetrial.reports.figures import Figure, absent, failed
from timetrial.reports.grids import (
    READABLE,
    bare,
    blocks,
    figure_cell,
    fits,
    prose,
    ruled,
    superscripts,
    two_lines,
)


def set_in(width: int, shown: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(shown)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_ruled_table_has_a_line_beneath_its_head_alone() -> None:
    table = ruled()
    table.add_column(two_lines("server", "workers"))
    table.add_column(two_lines("p50", "ms"), justify="right")
    table.add_row("a", figure_cell(Figure("1.50", "1.40–1.60"), marks=(1, 12)))

    assert set_in(60, table) == [
        "",
        " server         p50",
        " workers         ms",
        " ──────────────────",
        " a        ¹˒¹² 1.50",
        "          1.40–1.60",
        "",
    ]


def test_a_bare_table_has_no_line() -> None:
    table = bare(gap=3, show_header=False)
    table.add_column()
    table.add_column()
    table.add_row("a", "b")

    assert set_in(60, table) == ["a   b"]


def test_a_table_fits_where_all_of_it_has_room() -> None:
    console = Console(file=io.StringIO(), width=22)
    table = ruled()
    table.add_column(no_wrap=True)
    table.add_row("x" * 20)

    assert fits(table, console, console.options)
    assert not fits(table, console, console.options.update(width=21))


def test_prose_is_no_wider_than_is_readable() -> None:
    lines = set_in(READABLE + 60, prose(Text("word " * 100), READABLE + 60, left=2, below=1))

    assert max(map(len, lines)) <= READABLE
    assert all(line.startswith("  word") for line in lines[:-1])
    assert lines[-1] == ""


@pytest.mark.parametrize("width", range(12, 60))
def test_no_line_ends_between_a_number_and_its_unit(width: int) -> None:
    told = Text.assemble(
        "It took ", ("28.5 ms", "bold"), " in 5 % of cases, at p99 < 100 ms, ± 3 %."
    )
    text = set_in(width, prose(told, width))

    assert " ".join(text) == told.plain
    assert not [line for line in text if line.endswith(("28.5", "5", "100", "3", "<", "±"))]


def test_what_is_bold_in_prose_stays_so() -> None:
    console = Console(file=io.StringIO(), width=12, color_system="standard", force_terminal=True)
    with console.capture() as capture:
        console.print(prose(Text.assemble("It took ", ("28.5 ms", "bold"), "."), 12))

    assert "\x1b[1m28.5 ms\x1b[0m" in capture.get()


def test_a_figure_that_failed_stands_out_and_one_that_is_missing_stands_back() -> None:
    figures = (failed("it broke"), absent("too few"), Figure("5", None))
    styles = [[str(span.style) for span in figure_cell(figure).spans] for figure in figures]

    assert styles == [["red"], ["dim"], []]


@pytest.mark.parametrize(("eighths", "bar"), [(0, ""), (3, "▍"), (8, "█"), (20, "██▌")])
def test_a_bar_is_drawn_in_eighths_of_a_character(eighths: int, bar: str) -> None:
    assert blocks(eighths) == bar


def test_marks_of_footnotes_are_set_high() -> None:
    assert superscripts((1, 20)) == "¹˒²⁰"
