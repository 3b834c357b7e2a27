"""Scenarios: TOML files with the steps of a virtual user, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

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
from timetrial.model import UPGRADED, Request
from timetrial.project.requests.syntax import a_path
from timetrial.project.requests.weighted_order import MOST_STEPS


class ScenarioStep(Manifest):
    """One request, or one message on a WebSocket, and the think time after it."""

    path: Annotated[str, AfterValidator(a_path)] | None = None
    websocket: Annotated[str, AfterValidator(a_path)] | None = None
    """Path of the user's WebSocket, instead of `path`: `send` is what is sent on it."""
    send: str = ""
    """The message, as text."""
    name: Label = ""
    method: Method = "GET"
    headers: Mapping[HeaderName, HeaderValue] = {}
    body: str = ""
    """Of the request."""
    expect: ExpectManifest = ExpectManifest()
    think_ms: Think = ThinkManifest()

    @model_validator(mode="after")
    def _is_a_request_or_a_message(self) -> Self:
        if (self.path is None) == (self.websocket is None):
            raise ValueError("needs a path, or a websocket with send: one of the two")
        if self.websocket is None:
            if self.send:
                raise ValueError("has send, which goes with websocket")
            return self
        if not self.send:
            raise ValueError("has websocket, but no send: that is the message")
        wrong = [key for key in ("method", "body") if key in self.model_fields_set]
        if wrong or "status" in self.expect.model_fields_set:
            named = wrong[0] if wrong else "expect.status"
            raise ValueError(f"has {named}, which does not go with websocket")
        return self


def _not_too_many(steps: tuple[ScenarioStep, ...]) -> tuple[ScenarioStep, ...]:
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"must be 1 to {MOST_STEPS} steps, not {len(steps)}")
    return steps


def _on_one_websocket(steps: tuple[ScenarioStep, ...]) -> tuple[ScenarioStep, ...]:
    messages = [step for step in steps if step.websocket is not None]
    if any(
        (m.websocket, m.headers) != (messages[0].websocket, messages[0].headers) for m in messages
    ):
        raise ValueError("have several WebSockets: a user has one, of the same path and headers")
    return steps


class ScenarioManifest(Manifest):
    """What --scenario reads."""

    steps: Annotated[
        tuple[ScenarioStep, ...],
        AfterValidator(_not_too_many),
        AfterValidator(_on_one_websocket),
    ]


def read_scenario(file: Path) -> tuple[Request, ...]:
    """Read the steps of a scenario. Raises ManifestError."""
    steps = read_manifest(file, ScenarioManifest).steps
    return tuple(_request(file, number, step) for number, step in enumerate(steps))


def _request(file: Path, number: int, step: ScenarioStep) -> Request:
    is_message = step.websocket is not None
    expect = None
    if "expect" in step.model_fields_set:
        expect = expectation(file, ("steps", number), step.expect)
        expect = replace(expect, status=UPGRADED) if is_message else expect
    return Request(
        path=step.websocket or step.path or "/",
        method=step.method,
        headers=tuple(step.headers.items()),
        body=(step.send or step.body).encode(),
        think=think_time(step.think_ms),
        expect=expect,
        name=step.name,
        message="text" if is_message else None,
    )
