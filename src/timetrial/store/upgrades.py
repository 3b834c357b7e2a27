"""Conversion of records of earlier versions to the current format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

Upgrade = Callable[[dict[str, Any], int], dict[str, Any]]
"""Function of a record and its format, which is below the current one."""

_BENCHMARK = {"contest": "benchmark", "contests": "benchmarks"}
_PLAN = {
    **_BENCHMARK,
    "absent": "excluded_servers",
    "faults": "known_failures",
    "goal": "stop_rule",
    "raced": "race_info",
}
_EXPERIMENT = {
    "around": "machine_interval", "passage": "outcome", "under_way": "in_flight",
}  # fmt: skip
_KEYED_BY_USERS = frozenset({"env", "headers", "others", "left_out", "settings", "variables"})
"""Fields whose keys are chosen by users: they are not renamed."""


_LAST_WITH_FORMER_NAMES = 2


def _until_format_2(upgrade: Upgrade) -> Upgrade:
    """Leave records of later formats as they are: format 4 adds fields that have defaults."""

    @wraps(upgrade)
    def upgraded(record: dict[str, Any], version: int) -> dict[str, Any]:
        return upgrade(record, version) if version <= _LAST_WITH_FORMER_NAMES else record

    return upgraded


@_until_format_2
def benchmarks_named(record: dict[str, Any], _version: int) -> dict[str, Any]:
    """Upgrade a record that names a benchmark: until format 2 that was a 'contest'."""
    return _renamed(record, _BENCHMARK)


@_until_format_2
def plan(record: dict[str, Any], version: int) -> dict[str, Any]:
    """Upgrade a plan: in format 1 workloads were one request each."""
    if version == 1:
        for contest in record["suite"]["contests"]:
            before = contest["workload"]
            step = {key: before[key] for key in ("paths", "expect", "wait_s") if key in before}
            contest["workload"] = {"name": before["name"], "steps": [step]}
    return _renamed(record, _PLAN)


@_until_format_2
def machine(record: dict[str, Any], _version: int) -> dict[str, Any]:
    """Upgrade a machine: until format 2 its checks were called a preflight."""
    return _renamed(record, {"preflight": "machine_checks"})


@_until_format_2
def configuration(record: dict[str, Any], _version: int) -> dict[str, Any]:
    """Upgrade a stack's configuration: until format 2 what was declared was called 'asked'."""
    return {{"asked": "declared"}.get(key, key): value for key, value in record.items()}


@_until_format_2
def experiment(record: dict[str, Any], _version: int) -> dict[str, Any]:
    """Upgrade an experiment: until format 2 one that failed was called a setback."""
    kind = {"setback": "failed"}.get(record["kind"], record["kind"])
    return {**_renamed(record, _EXPERIMENT), "kind": kind}


def _renamed(record: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        names.get(key, key): value if key in _KEYED_BY_USERS else _renamed_in(value, names)
        for key, value in record.items()
    }


def _renamed_in(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_renamed_in(element, names) for element in value]
    return _renamed(value, names) if isinstance(value, dict) else value
