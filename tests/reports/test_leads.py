"""Who leads: what a list of runs names is what the verdict names."""

from __future__ import annotations

import pytest
import scenes

from timetrial.analysis.leads import lead_of, leads
from timetrial.analysis.recommendation import recommend
from timetrial.analysis.trends import digest
from timetrial.model import Lead
from timetrial.reports.headline import headline
from timetrial.reports.lead_text import lead_text
from timetrial.reports.table_view import view

KINDS = {
    "FASTEST": {"fastest", "tied"},
    "NO CLEAR WINNER": {"tied"},
    "LOAD WAS THE LIMIT": {"limited"},
    "FELL BEHIND": {"limited"},
    "NOT DECIDED": {"undecided"},
    "ONE FIGURE": {"undecided"},
    "NO FIGURES": {"undecided"},
}


@pytest.mark.parametrize("name", scenes.ALL)
def test_a_lead_and_the_verdict_agree(name: str) -> None:
    summary = scenes.ALL[name]()
    for table in summary.tables:
        lead, said = lead_of(table), headline(view(summary, table))
        assert lead.kind in KINDS[said.label]
        assert all(stack in said.text for stack in lead.stacks)


def test_a_digest_holds_the_leads() -> None:
    summary = scenes.good()
    assert recommend(summary) is None
    assert digest(summary).leads == leads(summary) == tuple(map(lead_of, summary.tables))


@pytest.mark.parametrize(
    ("lead", "text"),
    [
        (Lead("json", "fastest", ("granian",)), "granian"),
        (Lead("json", "tied", ("granian", "uvicorn")), "granian or uvicorn"),
        (Lead("json", "tied", ("a", "b", "c")), "a, b or c"),
        (Lead("json", "tied", tuple("abcde")), "a or 4 more"),
        (Lead("json", "limited", ("granian",)), "load was the limit"),
        (Lead("json", "undecided", ()), "not decided"),
    ],
)
def test_a_lead_is_written_in_a_few_words(lead: Lead, text: str) -> None:
    assert lead_text(lead) == text
