"""Scenarios: TOML files with the steps of a virtual user, in order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from timetrial.catalog.loader import read_manifest
from timetrial.catalog.manifest import Label, Manifest
from timetrial.catalog.workload_schema import (
    ExpectManifest,
    HeaderName,
    HeaderValue,
    Method,
    Think,
    ThinkManifest,
)
from timetrial.catalog.workloads import expectation, think_time
from timetrial.model import Request
from timetrial.project.requests.syntax import a_path
from timetrial.project.requests.weighted_order import MOST_STEPS


class ScenarioStep(Manifest):
    """One request, and the think time after it."""

    path: Annotated[str, AfterValidator(a_path)]
    name: Label = ""
    method: Method = "GET"
    headers: Mapping[HeaderName, HeaderValue] = {}
    body: str = ""
    """Of the request."""
    expect: ExpectManifest = ExpectManifest()
    think_ms: Think = ThinkManifest()


def _not_too_many(steps: tuple[ScenarioStep, ...]) -> tuple[ScenarioStep, ...]:
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"must be 1 to {MOST_STEPS} steps, not {len(steps)}")
    return steps


class ScenarioManifest(Manifest):
    """What --scenario reads."""

    steps: Annotated[tuple[ScenarioStep, ...], AfterValidator(_not_too_many)]


def read_scenario(file: Path) -> tuple[Request, ...]:
    """Read the steps of a scenario. Raises ManifestError."""
    steps = read_manifest(file, ScenarioManifest).steps
    return tuple(_request(file, number, step) for number, step in enumerate(steps))


def _request(file: Path, number: int, step: ScenarioStep) -> Request:
    return Request(
        path=step.path,
        method=step.method,
        headers=tuple(step.headers.items()),
        body=step.body.encode(),
        think=think_time(step.think_ms),
        expect=expectation(file, ("steps", number), step.expect)
        if "expect" in step.model_fields_set
        else None,
        name=step.name,
    )
