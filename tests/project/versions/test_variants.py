"""One app at several commits and on several Pythons, each a stack of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_suite
from timetrial.model.errors import BadInput
from timetrial.project.project import Project
from timetrial.project.versions.variants import Variant, across, at_checkouts, on_pythons
from timetrial.project.versions.worktrees import Checkout

TOP = Path("/home/me/shop")
SUITE = a_suite()
PROJECT = Project(
    name="shop",
    root=TOP / "web",
    targets={"wsgi": "shop:app", "asgi": "shop:asgi"},
    python=TOP / ".venv" / "bin" / "python",
    python_version="CPython 3.11.7",
    site_folders=(TOP / ".venv" / "lib",),
    env={"PYTHONPATH": f"{TOP}/web/src:/elsewhere", "DEBUG": "0"},
)
CHECKOUTS = (
    Checkout("main", "0123456789abcdef", Path("/checkouts/one/web"), Path("/checkouts/one")),
    Checkout(".", "", TOP / "web", TOP),
)


def at_both() -> tuple[Variant, ...]:
    return at_checkouts(on_pythons([PROJECT]), CHECKOUTS, PROJECT.root, TOP)


def test_a_checkout_moves_the_code_and_nothing_else() -> None:
    there, here = at_both()
    assert there.project.root == Path("/checkouts/one/web")
    assert there.project.env == {"PYTHONPATH": "/checkouts/one/web/src:/elsewhere", "DEBUG": "0"}
    assert there.project.python == PROJECT.python
    assert there.project.site_folders == PROJECT.site_folders
    assert replace(here.project, name="shop") == PROJECT


def test_variants_are_named_by_revision_and_their_apps_by_one_word() -> None:
    variants = at_both()
    assert [each.label for each in variants] == ["main (0123456789)", "working tree"]
    assert [each.project.name for each in variants] == [
        "shop@main--0123456789",
        "shop@working-tree",
    ]


def test_each_stack_takes_part_with_each_variant() -> None:
    suite = across(SUITE, at_both())
    first = SUITE.stacks[0].name
    assert len(suite.stacks) == 2 * len(SUITE.stacks)
    assert suite.stacks[0].name == f"{first}, main (0123456789)"
    assert suite.stacks[0].app == "shop@main--0123456789"
    assert {name for benchmark in suite.benchmarks for name in benchmark.stacks} == {
        stack.name for stack in suite.stacks
    }


def test_a_variant_that_a_server_cannot_serve_has_no_stack_of_it() -> None:
    there, here = at_both()
    only_asgi = replace(here, project=replace(here.project, targets={"asgi": "shop:asgi"}))
    suite = across(SUITE, (there, only_asgi))
    assert {s.interface for s in suite.stacks if s.app == only_asgi.project.name} == {"asgi"}


def test_one_variant_changes_nothing() -> None:
    (alone,) = on_pythons([PROJECT])
    assert alone.project == PROJECT
    assert across(SUITE, (alone,)) == SUITE


def test_pythons_and_commits_multiply() -> None:
    other = replace(PROJECT, python=Path("/py/3.13"), python_version="CPython 3.13.0")
    variants = at_checkouts(on_pythons([PROJECT, other]), CHECKOUTS, PROJECT.root, TOP)
    commits = ("main (0123456789)", "working tree")
    assert [each.label.split(", ") for each in variants] == [
        [python, commit] for python in ("CPython 3.11.7", "CPython 3.13.0") for commit in commits
    ]
    assert len({each.project.name for each in variants}) == 4


def test_pythons_of_one_version_are_told_apart_by_their_paths() -> None:
    other = replace(PROJECT, python=Path("/py/other"))
    assert [each.label for each in on_pythons([PROJECT, other])] == [
        f"CPython 3.11.7 ({PROJECT.python})",
        "CPython 3.11.7 (/py/other)",
    ]


def test_a_python_that_is_named_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        on_pythons([PROJECT, PROJECT])
