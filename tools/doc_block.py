"""The console blocks of the docs: what is typed, what is printed, and how it is produced."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROMPT = "$ "
LEFT_OUT = "[…]"
_BLOCK = re.compile(
    r"(?:^<!-- console: (?P<recipe>[^\n]*) -->\n)?^```(?P<kind>console|text)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"\s+# .*$")


def pages() -> tuple[Path, ...]:
    """List the files that have console blocks."""
    return (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the output of a block is produced, as the comment before it says."""

    folder: str = ""
    """The sample that the commands are typed in; '': the output is quoted, and its form checked."""
    show: str | None = None
    """The command that shows the stored result again, without measuring."""
    columns: int = 80
    since: str | None = None
    """The first line that is shown, as a pattern; None: from the beginning."""
    to: str | None = None
    """The last one; None: to the end."""
    has_server: bool = False
    """Whether a server answers at the address of the commands."""
    with_errors: bool = False
    """Whether standard error is shown, too."""
    exit_code: int = 0
    minutes: int = 0
    """How long it takes."""
    picture: str | None = None
    """The file below `docs/images` that shows the same as a terminal does."""
    page: str | None = None
    """The file there that shows the report's page as a browser does."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page."""

    page: Path
    span: tuple[int, int]
    """Where its text is in the page."""
    text: str
    recipe: Recipe | None
    """None: there is nothing but what is typed."""

    @property
    def place(self) -> str:
        line = self.page.read_text("utf-8").count("\n", 0, self.span[0])
        return f"{self.page.relative_to(ROOT)}:{line + 1}"

    @property
    def commands(self) -> tuple[str, ...]:
        typed = [line for line in self.text.splitlines() if line.startswith(PROMPT)]
        return tuple(_COMMENT.sub("", line.removeprefix(PROMPT)) for line in typed)

    @property
    def output(self) -> tuple[str, ...]:
        return tuple(line for line in self.text.splitlines() if not line.startswith(PROMPT))


def blocks_of(page: Path) -> Iterator[Block]:
    """Read the console blocks of a page, and the quoted ones that have a comment."""
    for found in _BLOCK.finditer(page.read_text("utf-8")):
        if found["kind"] == "console" or found["recipe"] is not None:
            recipe = None if found["recipe"] is None else read_recipe(found["recipe"])
            yield Block(page, found.span("text"), found["text"], recipe)


_READ = {
    "in": ("folder", str),
    "show": ("show", str),
    "columns": ("columns", int),
    "since": ("since", str),
    "to": ("to", str),
    "exit": ("exit_code", int),
    "minutes": ("minutes", int),
    "picture": ("picture", str),
    "page": ("page", str),
}
_FLAGS = {"quoted": None, "server": "has_server", "errors": "with_errors"}


def read_recipe(text: str) -> Recipe:
    """Read a comment such as `in=shop show="report 1" columns=90`. Raises ValueError."""
    values: dict[str, object] = {}
    for word in shlex.split(text):
        key, is_pair, value = word.partition("=")
        if is_pair and key in _READ:
            name, kind = _READ[key]
            values[name] = kind(value)
        elif not is_pair and key in _FLAGS:
            flag = _FLAGS[key]
            if flag is not None:
                values[flag] = True
        else:
            raise ValueError(f"{word!r} is no part of a recipe")
    return Recipe(**values)  # type: ignore[arg-type]  # read as each field's kind above


def cut(lines: list[str], recipe: Recipe) -> list[str]:
    """Leave out what the recipe does not show, and mark where."""
    first = _first(recipe.since, lines, 0)
    last = len(lines) - 1 if recipe.to is None else _first(recipe.to, lines, first)
    shown = lines[first : last + 1]
    while shown and not shown[-1].strip():
        shown.pop()
    before = [LEFT_OUT] if first else []
    after = [LEFT_OUT] if last + 1 < len(lines) else []
    return [*before, *shown, *after]


def _first(pattern: str | None, lines: list[str], begin: int) -> int:
    """Find the first line that the pattern is in. Raises ValueError if there is none."""
    if pattern is None:
        return begin
    for number in range(begin, len(lines)):
        if re.search(pattern, lines[number]):
            return number
    raise ValueError(f"no line of the output has {pattern!r}")
