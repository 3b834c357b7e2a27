"""What of others enters a report: without passwords, and without characters that act on terminals.

That is in logs of servers, commands, variables and URLs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from timetrial.model import Run, Summary, visible
from timetrial.model.record_texts import with_texts
from timetrial.model.redaction import without_passwords

_T = TypeVar("_T")


def masked(summary: Summary) -> Summary:
    """Remove passwords from all texts, and those of the run's own URLs wherever they occur.

    So are credentials in headers of requests, and variables with the name of a secret.
    Control characters and marks of direction are written as `visible` does.
    Measurements and the plan's rounds hold no texts but names. Records without passwords stay the
    same objects.
    """
    run = summary.run
    urls = tuple(_what_may_hold_urls(run))

    @lru_cache(maxsize=10_000)
    def mask(text: str) -> str:
        return visible(without_passwords(text, *urls))

    return dataclasses.replace(
        summary,
        run=dataclasses.replace(
            run,
            plan=dataclasses.replace(run.plan, suite=with_texts(run.plan.suite, mask)),
            machine=with_texts(run.machine, mask),
            facts=with_texts(run.facts, mask),
            failures=with_texts(run.failures, mask),
            lives=with_texts(run.lives, mask),
            configurations=with_texts(run.configurations, mask),
            stops=with_texts(run.stops, mask),
            dropped=with_texts(run.dropped, mask),
            experiments=with_texts(run.experiments, mask),
            countings=with_texts(run.countings, mask),
        ),
        tables=with_texts(summary.tables, mask),
    )


def with_visible_texts(record: _T) -> _T:
    """Rebuild a record, with all in it, so that no text of it acts on a terminal."""
    return with_texts(record, visible)


def _what_may_hold_urls(run: Run) -> Iterator[str]:
    for stack in run.plan.suite.stacks:
        yield from stack.env.values()
    for service in run.plan.suite.services:
        yield from service.settings.values()
