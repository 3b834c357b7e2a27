"""The effective configuration of stacks, for a page: what is common, then what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.analysis import config_labels
from timetrial.model import Run

LONG = ("command", "build")
"""Too long for a column: shown below each stack."""
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class StackView:
    """One stack's line, and the details below it."""

    name: str
    values: tuple[str, ...]
    """In the order of the columns."""
    long: config_labels.Facts
    variables: config_labels.Facts
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationView:
    """The section of the page; without stacks, nothing was recorded."""

    common: config_labels.Facts
    """What all stacks that were probed have in common."""
    columns: tuple[str, ...]
    """What differs between them."""
    stacks: tuple[StackView, ...]
    machine: config_labels.Facts
    """Its settings; empty where they were not recorded."""


def configuration_view(run: Run) -> ConfigurationView:
    order = [stack.name for stack in run.plan.suite.stacks]
    probed = sorted(run.configurations, key=lambda config: order.index(config.stack))
    facts = {c.stack: config_labels.stack_facts(c) for c in probed if c.processes}
    labels = [label for label in _labels(facts.values()) if label not in LONG]
    common = _common(labels, list(facts.values()))
    columns = tuple(label for label in labels if label not in common)
    settings = run.machine.settings
    return ConfigurationView(
        common=common,
        columns=columns,
        stacks=tuple(
            StackView(
                config.stack,
                tuple(facts.get(config.stack, {}).get(label, _UNKNOWN) for label in columns),
                {
                    label: facts[config.stack][label]
                    for label in LONG
                    if label in facts.get(config.stack, {})
                },
                config_labels.variables(config),
                config.notes,
            )
            for config in probed
        ),
        machine=config_labels.settings_facts(settings) if settings else {},
    )


def _labels(facts: Iterable[config_labels.Facts]) -> list[str]:
    """List the labels of all stacks, in the order of the stack that has the most."""
    longest_first = sorted(facts, key=len, reverse=True)
    return list(dict.fromkeys(label for labels in longest_first for label in labels))


def _common(labels: Sequence[str], facts: Sequence[config_labels.Facts]) -> config_labels.Facts:
    """Return what is the same for all stacks; of a single stack, that is everything."""
    values = {label: {fact.get(label) for fact in facts} for label in labels}
    return {label: str(next(iter(v))) for label, v in values.items() if len(v) == 1}
