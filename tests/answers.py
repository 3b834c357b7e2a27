"""What holds for the answer of every verb, wherever it is printed."""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console, RenderableType

from timetrial.cli.output import RESULTS

WIDTHS = (60, 80, 100, 140)
_WIDE = 2_000
_RULE = frozenset("─")


def printed(what: RenderableType, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(what)
    return console.export_text()


def words_in(text: str) -> set[str]:
    return {word for word in text.split() if not set(word) <= _RULE}


def check_every_width(what: RenderableType, *names: str) -> None:
    """Check that no width breaks a word or cuts a line, and that each has all these names."""
    wide = words_in(printed(what, _WIDE))
    for width in WIDTHS:
        text = printed(what, width)
        assert words_in(text) <= wide, width
        assert all(cell_len(line) <= width for line in text.splitlines()), width
        assert all(name in text for name in names), width


def check_every_terminal(what: RenderableType) -> None:
    """Check that the result is whole without colours, and in encodings of few characters."""
    dumb = io.StringIO()
    environ = {"TERM": "dumb", "NO_COLOR": "1"}
    Console(file=dumb, force_terminal=True, _environ=environ).print(what)
    # Of such a terminal no more is known than that it has 80 columns.
    assert dumb.getvalue() == printed(what, 80)
    plain = printed(what)
    for encoding in ("ascii", "iso-8859-1"):
        written = io.BytesIO()
        with io.TextIOWrapper(written, encoding=encoding, write_through=True) as stream:
            type(RESULTS)(width=100, file=stream, highlight=False).print(what)
            shown = written.getvalue().decode(encoding)
        assert [len(line) for line in shown.splitlines()] == [
            len(line) for line in plain.splitlines()
        ]
