"""The console blocks of the docs: what they tell to type exists, and their form is today's."""

from __future__ import annotations

from pathlib import Path

import pytest

import console_blocks
import doc_commands
import doc_shape
from doc_block import Recipe, blocks_of, cut, pages, read_recipe
from doc_shape import Vocabulary

KNOWN = Vocabulary(("no failed requests.", "answers more requests"), frozenset({"rank", "server"}))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_commands_and_form_of_each_page_are_those_of_today(page: Path) -> None:
    assert list(console_blocks.flaws_of(page)) == []


def test_some_blocks_are_measured_and_some_are_quoted() -> None:
    recipes = [block.recipe for page in pages() for block in blocks_of(page) if block.recipe]
    assert any(recipe.show for recipe in recipes)
    assert any(recipe.minutes == 0 for recipe in recipes)
    assert any(not recipe.folder for recipe in recipes)


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("timetrial race . --path /", None),
        (".venv/bin/timetrial race .  | head", None),
        ("pip install --unheard-of shop", None),
        ("timetrial raec .", "raec"),
        ("timetrial race . --pth /", "--pth"),
        ("timetrial race . and more", "one word too many"),
        ("make demo", None),
        ("make dmo", "dmo"),
    ],
)
def test_what_cannot_be_typed_is_found(line: str, flaw: str | None) -> None:
    found = " ".join(doc_commands.flaws_of_line(line))
    assert (found == "") if flaw is None else (flaw in found)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("`--budget 10m`", None),
        ("`timetrial gate --strict`", None),
        ("`timetrial race --strict`", "--strict"),
        ("`--bugdet 10m`", "--bugdet"),
        ("`timetrial calibrate`", "calibrate"),
    ],
)
def test_options_in_prose_are_those_of_a_verb(text: str, flaw: str | None) -> None:
    found = " ".join(doc_commands.flaws_of_prose(text))
    assert (found == "") if flaw is None else (flaw in found)


@pytest.mark.parametrize(
    ("lines", "flaw"),
    [
        (["No failed requests. It answers more requests."], None),
        (["It answers", "more requests."], None),
        (["All requests were answered."], "All requests"),
        ([" rank  server", " ─────────────", " 1  whatever this is"], None),
        ([" rank  contender", " ─────────────", " 1  uvicorn"], "contender"),
    ],
)
def test_a_sentence_or_a_head_that_is_not_printed_any_more_is_found(
    lines: list[str], flaw: str | None
) -> None:
    found = " ".join(doc_shape.flaws_of(lines, KNOWN))
    assert (found == "") if flaw is None else (flaw in found)


def test_figures_are_no_part_of_the_form() -> None:
    once, later = (list(doc_shape.flaws_of([f"No failed requests. {n} s"], KNOWN)) for n in (1, 27))
    assert once == later == []


def test_a_block_is_cut_from_and_to_a_line_and_says_so() -> None:
    recipe = read_recipe('in=flask show="report 1" since=^b to=^c')
    assert recipe == Recipe(folder="flask", show="report 1", since="^b", to="^c")
    assert cut(["a", "b", "c", "d"], recipe) == ["[…]", "b", "c", "[…]"]
    with pytest.raises(ValueError, match="no line"):
        cut(["a"], recipe)


def test_an_unknown_part_of_a_recipe_is_refused() -> None:
    with pytest.raises(ValueError, match="'inn=flask'"):
        read_recipe("inn=flask")
