"""Files of requests: one JSON object a line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from timetrial.catalog import problems
from timetrial.catalog.manifest import Label
from timetrial.model import HEAVIEST, BadInput, Expectation, ManifestError, Request, ThinkTime
from timetrial.project.requests.syntax import HEADER, a_method, a_path, problem_of_header

_EXAMPLE = '{"path": "/"}'
_Milliseconds = Annotated[float, Field(ge=0, le=3_600_000)]


class _Expect(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    status: Annotated[int, Field(ge=100, le=999)] = 200
    body: str | None = None
    body_bytes: Annotated[int, Field(ge=0)] | None = None
    body_template: str | None = None


class _Line(BaseModel):
    """One line of a file of requests."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    path: Annotated[str, AfterValidator(a_path)]
    method: Annotated[str, AfterValidator(a_method)] = "GET"
    headers: dict[str, str] = {}
    body: str = ""
    expect: _Expect = _Expect()
    think_ms: _Milliseconds | tuple[_Milliseconds, _Milliseconds] = 0.0
    think_mean_ms: _Milliseconds | None = None
    weight: Annotated[int, Field(ge=1, le=HEAVIEST)] = 1
    name: Label = ""

    def think(self) -> ThinkTime:
        if self.think_mean_ms is not None:
            return ThinkTime(mean_s=self.think_mean_ms / 1000)
        if isinstance(self.think_ms, tuple):
            low_ms, high_ms = sorted(self.think_ms)
            return ThinkTime(low_s=low_ms / 1000, high_s=high_ms / 1000)
        return ThinkTime(low_s=self.think_ms / 1000)

    def expectation(self) -> Expectation | None:
        if "expect" not in self.model_fields_set:
            return None
        return Expectation(**self.expect.model_dump())


def read_lines(file: Path) -> tuple[Request, ...]:
    """Read a file of requests with weights. Raises BadInput."""
    try:
        # splitlines() would split at characters that JSON allows inside strings.
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} cannot be read: it is not UTF-8") from error
    requests = tuple(
        _request(file, number, line) for number, line in enumerate(lines, 1) if line.strip()
    )
    if not requests:
        raise BadInput(f"{file} has no requests; it takes one JSON object a line")
    return requests


def read_script(file: Path) -> tuple[Request, ...]:
    """Read a file of requests that are sent in turn, one after the other. Raises BadInput."""
    requests = read_lines(file)
    heavy = next((request for request in requests if request.weight > 1), None)
    if heavy is not None:
        raise BadInput(
            f"{file}: {heavy.label!r} has a weight, but these requests are sent in turn: "
            "repeat its line instead"
        )
    return tuple(replace(request, expect=request.expect or Expectation()) for request in requests)


def _request(file: Path, number: int, line: str) -> Request:
    place = Path(f"{file}, line {number}")
    try:
        data = from_json(line)
    except ValueError as error:
        problem = str(error).replace(" at line 1 column ", " at column ")
        raise BadInput(f"{place} is no JSON: {problem}") from error
    if not isinstance(data, dict):
        raise BadInput(f"{place} is no JSON object; an example is {_EXAMPLE}")
    try:
        parsed = _Line.model_validate_json(line)
    except ValidationError as error:
        invalid = problems.invalid(place, _Line, error)
        # What TOML calls a table is an object in JSON.
        problem = re.sub(r"a table$", "an object", invalid.problem)
        raise ManifestError(invalid.file, invalid.key, problem) from error
    for name, value in parsed.headers.items():
        if HEADER.fullmatch(f"{name}: {value}") is None:
            raise BadInput(f"{place}: headers: {problem_of_header(name)}")
    return Request(
        path=parsed.path,
        method=parsed.method,
        headers=tuple(parsed.headers.items()),
        body=parsed.body.encode(),
        weight=parsed.weight,
        think=parsed.think(),
        expect=parsed.expectation(),
        name=parsed.name,
    )
