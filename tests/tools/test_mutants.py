"""Mutants: which lines of Python and Rust they change, and how they are found again."""

from __future__ import annotations

from pathlib import Path

import pytest

import mutants
from mutation_sites import Mutant, mutants_of, mutated, place
from small_stacks import eventually
from timetrial.machine.procfs import living

PYTHON = '''
def judge(n, limit=3):
    """Not 1 < 2."""
    if n and not limit:
        return max(n, 1)
    return f"{n + 1}" if limit < n else n / 2.5
'''
RUST = """
/// Is 1 < 2?
#[inline(always)]
fn judge(n: u64, of: &'static [u64]) -> bool {
    let say = "1 == 2"; // a + b
    !of.is_empty() && n.min(3) < of[0] - 1 || true
}
#[cfg(test)]
mod tests { fn no_code(n: u64) -> bool { n < 1 } }
"""
SLOW = Mutant(file="a.py", function="wait", original="x = 1", replacement="x = 2")


def changes(tree: Path, name: str, source: str) -> list[str]:
    (tree / name).write_text(source)
    return sorted(mutant.replacement for mutant in mutants_of(tree, name))


def test_python_is_changed_in_operators_bounds_calls_and_branches(tmp_path: Path) -> None:
    assert changes(tmp_path, "a.py", PYTHON) == [
        "if n and limit:",
        "if n or not limit:",
        'return f"{n + 1}" if limit < n else n * 2.5',
        'return f"{n + 1}" if limit < n else n / 5.0',
        'return f"{n + 1}" if limit <= n else n / 2.5',
        "return max(n, 2)",
        "return min(n, 1)",
    ]  # fmt: skip


def test_rust_is_changed_in_code_alone_not_in_comments_strings_and_tests(tmp_path: Path) -> None:
    assert changes(tmp_path, "a.rs", RUST) == [
        "!of.is_empty() && n.max(3) < of[0] - 1 || true",
        "!of.is_empty() && n.min(3) < of[0] + 1 || true",
        "!of.is_empty() && n.min(3) < of[0] - 1 && true",
        "!of.is_empty() && n.min(3) < of[0] - 1 || false",
        "!of.is_empty() && n.min(3) <= of[0] - 1 || true",
        "!of.is_empty() || n.min(3) < of[0] - 1 || true",
    ]


@pytest.mark.parametrize(("name", "source"), [("a.py", PYTHON), ("a.rs", RUST)])
def test_a_mutant_is_the_same_after_lines_have_come_before_it(
    tmp_path: Path, name: str, source: str
) -> None:
    (tmp_path / name).write_text(source)
    before = set(mutants_of(tmp_path, name))
    (tmp_path / name).write_text("\n\n" + source)
    assert set(mutants_of(tmp_path, name)) == before
    for mutant in before:
        lines = mutated(tmp_path, mutant).splitlines()
        assert lines[place(tmp_path, mutant) - 1].strip() == mutant.replacement


def test_of_equal_lines_in_a_function_the_one_that_is_meant_is_changed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    g(1)\n    g(1)\n")
    second = Mutant(file="a.py", function="f", original="g(1)", replacement="g(2)", occurrence=2)
    assert mutated(tmp_path, second) == "def f():\n    g(1)\n    g(2)\n"


def test_a_line_that_is_gone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(PYTHON)
    with pytest.raises(ValueError, match=r"a\.py: wait has no line 'x = 1'"):
        place(tmp_path, SLOW)


def test_the_same_seed_takes_the_same_mutants_and_none_of_the_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "".join(f"def f{number}(n):\n    return n < {number}\n" for number in range(9))
    )
    area = mutants.Area(name="all", count=3, files=("*.py",))
    chosen = mutants.choose(tmp_path, area, 1, frozenset())
    assert len({mutant.function for mutant in chosen}) == 3
    assert mutants.choose(tmp_path, area, 1, frozenset()) == chosen
    others = mutants.choose(tmp_path, area, 1, frozenset({chosen[0]}))
    assert chosen[0] not in others
    assert set(chosen[1:]) <= set(others)
    assert mutants.choose(tmp_path, area, 2, frozenset()) != chosen


def test_a_command_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    command = ["sh", "-c", "sleep 600 & echo $!; wait"]
    code, output = mutants.bounded(command, tmp_path, {"PATH": "/usr/bin:/bin"}, 3.0)
    assert code is None
    # The pipe is closed an instant before the process is gone.
    assert eventually(lambda: not living([int(output)]))


def test_every_mutant_of_the_list_is_where_the_list_says() -> None:
    choice = mutants.Choice.read()
    assert len({mutant for _, mutant in choice.mutants}) == sum(area.count for area in choice.areas)
    for _, mutant in choice.mutants:
        assert mutant.replacement in mutated(mutants.ROOT, mutant)
