"""Markdown that shows what was said, whatever a server printed."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
import scenes
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runs import a_failure, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model.metrics import METRICS
from timetrial.reports.markdown import Image, as_markdown, escaped, fenced, table, with_code
from timetrial.reports.ratios import change
from timetrial.reports.table_view import view

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
PRINTABLE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1)


def texts(tokens: list[Token]) -> str:
    """Join what a reader sees, with marks where there is markup."""
    return "".join(
        token.content if token.type == "text" else f"<{token.type}>"
        for block in tokens
        for token in (block.children or [])
    )


def is_head(token: Token) -> bool:
    return (token.tag, token.nesting) == ("h2", 1)


def one_line(text: str) -> str:
    return " ".join(text.split())


@given(PRINTABLE)
def test_an_escaped_text_reads_as_it_is(text: str) -> None:
    tokens = READER.parse(escaped(text))
    assert [t.type for t in tokens if t.type != "inline"] in (
        ["paragraph_open", "paragraph_close"], [],
    )  # fmt: skip
    assert texts(tokens) == one_line(text)


@given(PRINTABLE, PRINTABLE)
def test_an_escaped_text_stays_in_its_cell(one: str, other: str) -> None:
    lines = table(("a", "b"), [(escaped(one), escaped(other))], left=2)
    tokens = READER.parse("\n".join(lines))
    cells = [after for before, after in itertools.pairwise(tokens) if before.type == "td_open"]
    assert [texts([cell]) for cell in cells] == [one_line(one), one_line(other)]


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_no_line_closes_a_fence(text: str) -> None:
    tokens = READER.parse("\n".join(fenced(f"first\n{text}\nlast")))
    assert [token.type for token in tokens] == ["fence"]


def test_code_in_our_prose_is_code_and_all_else_is_text() -> None:
    assert with_code("`async def` <app>") == r"`async def` \<app\>"
    assert with_code("`a|b` | *all*") == r"`a|b` \| \*all\*"


@pytest.mark.parametrize("name", scenes.ALL)
def test_every_run_makes_a_table_for_each_benchmark(name: str) -> None:
    summary = scenes.ALL[name]()
    tokens = READER.parse(as_markdown(summary))
    heads = [
        tokens[i + 1].content for i, t in enumerate(tokens) if t.tag == "h2" and t.nesting == 1
    ]
    assert heads == [*(t.benchmark.name for t in summary.tables), "Machine"]
    assert sum(token.type == "table_open" for token in tokens) >= len(summary.tables) + 1


def test_a_row_has_its_rank_its_figure_and_its_interval() -> None:
    first = view(scenes.good(), scenes.good().tables[0]).rows[0]
    lines = as_markdown(scenes.good()).splitlines()
    line = next(line for line in lines if line.startswith("| 1 | **"))
    assert [cell.strip() for cell in line.split("|")[1:4]] == [
        "1",
        f"**granian** 2.5.4<br>{first.shape}",
        f"{first.throughput.text}<br>{first.throughput.interval}",
    ]


def test_doubts_and_failures_are_said_below_the_table() -> None:
    text = as_markdown(scenes.troubled())
    shown = view(scenes.troubled(), scenes.troubled().tables[0])
    (errors,) = (note for note in shown.notes if note.name == "errors")
    assert len(errors.texts) == 1
    assert f"² *invalid*: **errors**. {escaped(errors.texts[0])}" in text
    (failed,) = shown.failure_groups
    assert (failed.stack, failed.phase) == ("waitress", "start")
    assert f"failed in {failed.when}, start: {escaped(failed.reason)}" in text
    assert f"```\n{failed.log_tail.splitlines()[0]}\n" in text
    assert "¹ ≥ 5,430" in text


def test_verdicts_of_all_pairs_are_there() -> None:
    text = as_markdown(scenes.good())
    assert "<details><summary>All comparisons</summary>" in text
    table = scenes.good().tables[0]
    (pair,) = (
        each
        for each in table.comparisons
        if (each.metric, each.b, each.a) == ("throughput", "granian", "uvicorn")
    )
    cells = (METRICS["throughput"].label, pair.b, pair.a, change(pair.ratio), "higher")
    assert f"| {' | '.join(cells)} |" in text
    rows = [line for line in text.splitlines() if line.count("|") == 6 and "%" in line]
    assert len(rows) == sum(len(table.comparisons) for table in scenes.good().tables)


def test_images_are_linked_where_they_were_made() -> None:
    image = Image("json_query", 'Requests "a second"', "a.svg", "a-dark.svg")
    text = as_markdown(scenes.good(), [image])
    assert text.count("<picture>") == 1
    assert 'srcset="a-dark.svg"' in text
    assert 'alt="Requests &quot;a second&quot;"' in text
    assert ' src="a.svg">' in text
    assert "<picture>" not in as_markdown(scenes.good())


def test_what_a_server_printed_is_no_markup() -> None:
    failure = dataclasses.replace(
        a_failure(),
        reason="no `module | named` <img src=x onerror=y> [here](http://evil.example) *x*",
        log_tail="```\n# not a head\n</details><script>",
    )
    text = as_markdown(summarize(a_run(a_suite(["uvicorn", "waitress"]), failures=[failure])))
    tokens = READER.parse(text)
    assert not any(t.type == "html_block" and "script" in t.content for t in tokens)
    inline = [child for t in tokens for child in (t.children or [])]
    assert not any(child.type in {"link_open", "image"} for child in inline)
    assert any("[here](http://evil.example) *x*" in child.content for child in inline)
    assert not any("onerror" in child.content for child in inline if child.type == "html_inline")
    logs = [token.content for token in tokens if token.type == "fence"]
    assert logs == [f"{failure.log_tail}\n"] * 2
