"""Who leads in a benchmark, in a few words: for lists and tables of contents."""

from __future__ import annotations

from timetrial.model import Lead

_MOST_NAMED = 3


def lead_text(lead: Lead) -> str:
    """Write 'granian', 'granian or uvicorn', 'granian or 4 more', 'not decided'."""
    if lead.kind == "undecided":
        return "not decided"
    if lead.kind == "limited":
        return "load was the limit"
    first, *others = lead.stacks
    if len(lead.stacks) > _MOST_NAMED:
        return f"{first} or {len(others)} more"
    return " or ".join(filter(None, (", ".join(lead.stacks[:-1]), lead.stacks[-1])))
