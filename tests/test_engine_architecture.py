"""Modules of the engine use each other without cycles, and each says what is in it.

A module uses another if its code has a path to it: `crate::x`, `super::x` or, for a module that it
declares, `x::`. A path counts for the innermost module that it names. `mod x;` alone is no use.
Comments and tests (`*_tests.rs`, and everything after `#[cfg(test)]`) are left out. Calls of
methods are not seen: an `impl` block in another module than its type adds no use to the latter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ENGINE = Path(__file__).parent.parent / "engine"
CRATES = ("src", "bin")
ROOTS = {"lib", "main"}
LONGEST_SUMMARY = 3

_IGNORED = re.compile(r"//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\\n])'", re.DOTALL)
_PATH = re.compile(r"(?<![\w:])(?:crate|super|self)::")
_WORD = re.compile(r"\w+")
_DECLARATION = re.compile(r"\bmod (\w+);")

Sources = Mapping[str, str]
"""The text of each module by its path, as `reactor::uring`; the root of the crate is empty."""


def sources_of(folder: Path) -> Sources:
    return {
        module_of(file.relative_to(folder)): file.read_text("utf-8")
        for file in sorted(folder.rglob("*.rs"))
        if not file.stem.endswith("_tests")
    }


def module_of(file: Path) -> str:
    """Write reactor/mod.rs as reactor, reactor/epoll.rs as reactor::epoll, lib.rs as nothing."""
    parts = file.with_suffix("").parts
    if parts[-1] == "mod" or (len(parts) == 1 and parts[0] in ROOTS):
        parts = parts[:-1]
    return "::".join(parts)


def graph_of(sources: Sources) -> dict[str, set[str]]:
    return {
        module: {target for path in paths_in(text) for target in _targets(module, path, sources)}
        - {module}
        for module, text in sources.items()
    }


def paths_in(text: str) -> Iterator[tuple[str, ...]]:
    """Give all paths that begin at the crate, at the module, above it or at one below it."""
    code = _IGNORED.sub("", text.partition("#[cfg(test)]")[0])
    children = "|".join(_DECLARATION.findall(code))
    for found in _PATH.finditer(code):
        yield from _expand(code, found.start(), ())
    for found in re.finditer(rf"(?<![\w:])(?:{children})::", code) if children else ():
        yield from _expand(code, found.start(), ("self",))


def _expand(code: str, offset: int, prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Read one path, or all of those that a group in braces stands for."""
    while word := _WORD.match(code, offset):
        prefix, offset = (*prefix, word[0]), word.end()
        if not code.startswith("::", offset):
            break
        offset += len("::")
    if not code.startswith("{", offset):
        yield prefix
        return
    for part in _parts(code, offset + 1):
        yield from _expand(part, 0, prefix)


def _parts(code: str, offset: int) -> Iterator[str]:
    """Split what stands in braces at its own commas."""
    depth, start = 0, offset
    for place in range(offset, len(code)):
        letter = code[place]
        if depth == 0 and letter in ",}":
            yield code[start:place].strip()
            start = place + 1
            if letter == "}":
                return
        depth += {"{": 1, "}": -1}.get(letter, 0)


def _targets(module: str, path: tuple[str, ...], sources: Sources) -> Iterator[str]:
    """Give the innermost module that a path names, if it is one of the crate."""
    parts = module.split("::") if module else []
    if path[0] == "crate":
        parts, path = [], path[1:]
    while path and path[0] in {"self", "super"}:
        if path[0] == "super":
            parts = parts[:-1]
        path = path[1:]
    found = "::".join(parts)
    for name in path:
        inner = f"{found}::{name}" if found else name
        if inner not in sources:
            break
        found = inner
    if found in sources:
        yield found


def cycle_in(graph: Mapping[str, set[str]]) -> str | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return " → ".join(reversed(found.args[1]))
    return None


@pytest.mark.parametrize("crate", CRATES)
def test_no_modules_of_the_engine_use_each_other_in_a_cycle(crate: str) -> None:
    cycle = cycle_in(graph_of(sources_of(ENGINE / crate)))
    assert cycle is None, cycle


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use crate::{c::C, b::{self, B}};", "use super::a;"),
        ("fn f() -> crate::b::B { g() }", "fn g() { super::a::f() }"),
    ],
    ids=["imports", "groups", "paths in code"],
)
def test_a_cycle_is_found_however_its_paths_are_written(first: str, second: str) -> None:
    sources = {"": "mod a; mod b; mod c;", "a": first, "b": second, "c": "use crate::b::B;"}
    assert cycle_in(graph_of(sources)) in {"a → b → a", "b → a → b"}


def test_a_module_and_one_that_it_declares_make_a_cycle_if_both_use_the_other() -> None:
    sources = {"": "mod a;", "a": "mod inner;\nuse inner::f;", "a::inner": "use super::A;"}
    assert cycle_in(graph_of(sources))
    assert cycle_in(graph_of(sources | {"a": "mod inner;"})) is None


def test_comments_strings_and_tests_use_nothing() -> None:
    text = '/// [`crate::b::B`]\nconst A: &str = "crate::b";\n#[cfg(test)]\nuse crate::b::B;'
    assert graph_of({"a": text, "b": ""})["a"] == set()


def test_every_module_of_the_engine_says_in_three_lines_at_most_what_is_in_it() -> None:
    offenders = [
        f"{crate}/{module or 'root'} has {lines} lines"
        for crate in CRATES
        for module, text in sources_of(ENGINE / crate).items()
        if not 1 <= (lines := len(re.findall(r"^//!", text, re.MULTILINE))) <= LONGEST_SUMMARY
    ]
    assert not offenders, "\n".join(offenders)
