"""Lines of Python and Rust that can be made wrong, found again by their text after a move."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

Edit = tuple[int, int, int, str]
"""Line (from 1), first column, column behind the last (in bytes), and what is written there."""
Span = tuple[str, int, int]
"""Qualified name of a function, its first and its last line (from 1)."""

_PAIRS = (
    "<,<= <=,< >,>= >=,> ==,!= !=,== +,- -,+ *,/ /,* //,* **,* &&,|| ||,&& +=,-= -=,+= !, "
    "and,or or,and in,not_in not_in,in is,is_not is_not,is "
    "min,max max,min any,all all,any true,false false,true"
)
SWAPS = dict(pair.replace("_", " ").split(",") for pair in _PAIRS.split())
"""What an operator or a name is changed to, in both languages."""
_OPERATOR = re.compile(r"not in|is not|and|or|in|is|[<>=!]=|\*\*|//|[-<>+*/]")
_IN_RUST = re.compile(
    r" (<|>|==|!=|<=|>=|\+|-|\*|/|&&|\|\||\+=|-=) |\.(min|max)\(|\b(true|false)\b"
    r"|(?:(?<=if )|(?<=&& )|(?<=\|\| ))(!)(?=\w)"
)
_NO_RUST = re.compile(
    r"//[^\n]*|#!?\[[^\]\n]*\]|\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\\n])'", re.DOTALL
)


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Mutant:
    """One line of a function, and what it is changed to; both are written without indentation."""

    file: str
    function: str
    original: str
    replacement: str
    occurrence: int = 1
    """Which of the equal lines in functions of that name, from 1."""


def mutants_of(tree: Path, file: str) -> Iterator[Mutant]:
    """Give every change of a file's functions that fits on a line."""
    source, suffix = (tree / file).read_text(), Path(file).suffix
    lines, functions = source.splitlines(), list(_spans(source, suffix))
    edits = _python_edits(source) if suffix == ".py" else _rust_edits(source)
    for number, start, end, text in edits:
        inside = [name for name, first, last in functions if first <= number <= last]
        if inside:
            line = lines[number - 1].encode()
            alike = _lines_like(source, suffix, inside[-1], lines[number - 1].strip())
            yield Mutant(
                file=file,
                function=inside[-1],
                original=line.decode().strip(),
                replacement=(line[:start] + text.encode() + line[end:]).decode().strip(),
                occurrence=alike.index(number) + 1,
            )


def place(tree: Path, mutant: Mutant) -> int:
    """Find the line that a mutant changes, from 1; ValueError if it is not there any more."""
    path = tree / mutant.file
    source = path.read_text() if path.exists() else ""
    found = _lines_like(source, path.suffix, mutant.function, mutant.original)
    if len(found) < mutant.occurrence:
        raise ValueError(
            f"{mutant.file}: {mutant.function} has no line {mutant.original!r}"
            f" (number {mutant.occurrence}): write its new place into the list of mutants"
        )
    return found[mutant.occurrence - 1]


def mutated(tree: Path, mutant: Mutant) -> str:
    """Write a mutant's file with its one line changed; ValueError as of `place`."""
    number = place(tree, mutant)
    lines = (tree / mutant.file).read_text().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(mutant.original, mutant.replacement)
    return "".join(lines)


def _lines_like(source: str, suffix: str, function: str, text: str) -> list[int]:
    lines = source.splitlines()
    within = [span for span in _spans(source, suffix) if span[0] == function]
    numbers = {number for _, first, last in within for number in range(first, last + 1)}
    return sorted(number for number in numbers if lines[number - 1].strip() == text)


def _spans(source: str, suffix: str) -> Iterator[Span]:
    """Give all functions, outer ones before those within."""
    return _python_spans(ast.parse(source)) if suffix == ".py" else _rust_spans(source)


def _python_spans(parent: ast.AST, prefix: str = "") -> Iterator[Span]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if isinstance(node, ast.FunctionDef):
                yield f"{prefix}{node.name}", node.lineno, node.end_lineno or node.lineno
            yield from _python_spans(node, f"{prefix}{node.name}.")


def _python_edits(source: str) -> Iterator[Edit]:
    lines = source.splitlines()
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        # Python 3.11 knows no places within f-strings; defaults of arguments are no decisions.
        if not isinstance(node, (ast.JoinedStr, ast.arguments)):
            nodes += list(ast.iter_child_nodes(node))
        for left, right in pairwise(_operands(node)):
            start, end = left.end_col_offset or 0, right.col_offset
            between = lines[right.lineno - 1].encode()[start:end].decode()
            operator = _OPERATOR.search(between) if left.end_lineno == right.lineno else None
            if operator:
                changed = between.replace(operator[0], SWAPS[operator[0]], 1)
                yield right.lineno, start, end, changed
        if isinstance(node, ast.expr):
            start, end = node.col_offset, node.end_col_offset or 0
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
                yield node.lineno, start, start + len("not "), ""
            elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
                yield node.lineno, start, end, repr(_other(node.value))
            elif isinstance(node, ast.Name) and node.id in SWAPS:
                yield node.lineno, start, end, SWAPS[node.id]
        # The other branch; conditions with operators are changed by these.
        if isinstance(node, (ast.If, ast.IfExp)) and isinstance(
            node.test, (ast.Name, ast.Attribute, ast.Call)
        ):
            yield node.test.lineno, node.test.col_offset, node.test.col_offset, "not "


def _operands(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.BoolOp():
            return node.values
        case ast.BinOp():
            return [node.left, node.right]
    return []


def _other(value: float) -> float:
    if isinstance(value, bool):
        return not value
    return value * 2 if isinstance(value, float) else value + 1


def _rust_spans(source: str) -> Iterator[Span]:
    code = _rust_code(source)
    for found in re.finditer(r"\bfn (\w+)", code):
        start = code.find("{", found.end())
        depth, end = 1, start + 1
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        yield found[1], source.count("\n", 0, start) + 1, source.count("\n", 0, end) + 1


def _rust_edits(source: str) -> Iterator[Edit]:
    for number, line in enumerate(_rust_code(source).splitlines(), start=1):
        for found in _IN_RUST.finditer(line):
            group = found.lastindex or 0
            start, end = (len(line[:column].encode()) for column in found.span(group))
            yield number, start, end, SWAPS[found[group]]


def _rust_code(source: str) -> str:
    """Blank out comments, attributes and strings; tests at the end are cut off."""
    code = source.partition("#[cfg(test)]")[0]
    return _NO_RUST.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), code)
