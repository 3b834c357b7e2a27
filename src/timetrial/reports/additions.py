"""What features add to the reports of a run. Reports know no feature: the caller passes this in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from timetrial.model import Life, Run, Summary
from timetrial.reports.verdict_line import Headline


@dataclass(frozen=True, slots=True)
class PageSection:
    """A section of the page of a run."""

    shown: object
    """What its template sets; None leaves the section out."""
    drawn: object
    """What the page's script draws; written as JSON."""
    headline: Headline | None = None
    """The verdict on the whole run, where the feature has one."""


def _no_lives(_run: Run) -> tuple[Life, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Additions:
    """Functions of features: each is given what has no passwords in it any more."""

    sections: Mapping[str, Callable[[Summary], PageSection]] = field(default_factory=dict)
    """By the name under which the page's template and its script find what they return."""
    lives: Callable[[Run], tuple[Life, ...]] = _no_lives
    """What experiments on life cycles have shown, a stack each."""


NO_ADDITIONS = Additions()
