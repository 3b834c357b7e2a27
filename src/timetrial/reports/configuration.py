"""What the stacks of a run really were, for a page: the same for all, then what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.analysis import config_labels
from timetrial.model.run import Run

LONG = ("command", "build")
"""Too long for a column: they stand with each stack."""
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class StackView:
    """One stack's line, and what unfolds below it."""

    name: str
    values: tuple[str, ...]
    """In the order of the columns."""
    long: config_labels.Facts
    variables: config_labels.Facts
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationView:
    """The section; without stacks, nothing was recorded."""

    common: config_labels.Facts
    """What is the same for all stacks that were looked at."""
    columns: tuple[str, ...]
    """What differs between them."""
    stacks: tuple[StackView, ...]
    machine: config_labels.Facts
    """How it is set up; empty where that was not recorded."""


def configuration_view(run: Run) -> ConfigurationView:
    order = [stack.name for stack in run.plan.suite.stacks]
    looked_at = sorted(run.configurations, key=lambda each: order.index(each.stack))
    facts = {each.stack: config_labels.stack_facts(each) for each in looked_at if each.processes}
    labels = [label for label in _labels(facts.values()) if label not in LONG]
    common = _common(labels, list(facts.values()))
    columns = tuple(label for label in labels if label not in common)
    settings = run.machine.settings
    return ConfigurationView(
        common=common,
        columns=columns,
        stacks=tuple(
            StackView(
                each.stack,
                tuple(facts.get(each.stack, {}).get(label, _UNKNOWN) for label in columns),
                {
                    label: facts[each.stack][label]
                    for label in LONG
                    if label in facts.get(each.stack, {})
                },
                config_labels.variables(each),
                each.notes,
            )
            for each in looked_at
        ),
        machine=config_labels.settings_facts(settings) if settings else {},
    )


def _labels(facts: Iterable[config_labels.Facts]) -> list[str]:
    """List what is known of any stack; a stack of which more is known gives the order."""
    longest_first = sorted(facts, key=len, reverse=True)
    return list(dict.fromkeys(label for each in longest_first for label in each))


def _common(labels: Sequence[str], facts: Sequence[config_labels.Facts]) -> config_labels.Facts:
    """Take out what all have alike; of a single stack that is everything."""
    values = {label: {each.get(label) for each in facts} for label in labels}
    return {label: str(next(iter(found))) for label, found in values.items() if len(found) == 1}
