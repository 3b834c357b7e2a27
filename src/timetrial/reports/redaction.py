"""What of others enters a report: without passwords, and without characters that act on terminals.

That is in logs of servers, commands, variables and URLs.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from timetrial.model import Run, Summary, visible
from timetrial.model.redaction import (
    HIDDEN,
    is_secret_variable,
    without_credentials,
    without_passwords,
)

_T = TypeVar("_T")
_Mask = Callable[[str], str]


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
            plan=dataclasses.replace(run.plan, suite=_masked(run.plan.suite, mask)),
            machine=_masked(run.machine, mask),
            facts=_masked(run.facts, mask),
            failures=_masked(run.failures, mask),
            lives=_masked(run.lives, mask),
            configurations=_masked(run.configurations, mask),
            stops=_masked(run.stops, mask),
            experiments=_masked(run.experiments, mask),
        ),
        tables=_masked(summary.tables, mask),
    )


def with_visible_texts(record: _T) -> _T:
    """Rebuild a record, with all in it, so that no text of it acts on a terminal."""
    return _masked(record, visible)


def _what_may_hold_urls(run: Run) -> Iterator[str]:
    for stack in run.plan.suite.stacks:
        yield from stack.env.values()
    for service in run.plan.suite.services:
        yield from service.settings.values()


def _masked(value: _T, mask: _Mask) -> _T:
    """Rebuild a record with its texts masked, or return it if that changes nothing."""
    if value is None or isinstance(value, (int, float)):  # most of what a summary is made of
        return value
    result: Any = value
    kind: Any = type(value)
    if isinstance(value, str):
        shown = mask(value)
        result = value if shown == value else shown
    elif isinstance(value, tuple):
        items = tuple([_masked(item, mask) for item in value])
        result = value if all(map(operator.is_, items, value)) else items
    elif isinstance(value, Mapping):
        entries = {key: _masked(item, mask) for key, item in value.items()}
        result = value if all(entries[key] is item for key, item in value.items()) else entries
    else:
        changed = {
            name: masked_item
            for name in _fields(kind)
            if (masked_item := _masked_field(name, item := getattr(value, name), mask)) is not item
        }
        if changed:
            result = dataclasses.replace(cast("Any", value), **changed)
    return cast("_T", result)


def _masked_field(name: str, value: object, mask: _Mask) -> object:
    """Mask one field of a record: what stands in two of them is secret by its name, too."""
    hidden: object = value
    if name == "env" and isinstance(value, Mapping):
        hidden = {key: HIDDEN if is_secret_variable(key) else text for key, text in value.items()}
    elif name == "headers" and isinstance(value, Mapping):
        hidden = dict(without_credentials(value.items()))
    elif name == "headers" and isinstance(value, tuple):
        hidden = without_credentials(value)
    return _masked(value if hidden == value else hidden, mask)


@cache
def _fields(of: type[object]) -> tuple[str, ...]:
    """Name the fields of a record that are not made of its others; what is none has none."""
    return (
        tuple(f.name for f in dataclasses.fields(of) if f.init)
        if dataclasses.is_dataclass(of)
        else ()
    )
