"""One helpful sentence from the errors of pydantic and of the TOML reader."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from timetrial.model import ManifestError, alternatives
from timetrial.model.redaction import (
    HIDDEN,
    is_credential_header,
    is_secret_variable,
    without_passwords,
)

Location = tuple[int | str, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "mapping_type": "a table",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def invalid(file: Path, model: type[BaseModel], error: ValidationError) -> ManifestError:
    """Report the first problem of a manifest; an unknown key comes before a missing one, because
    a misspelt key causes both.
    """
    location, problem = first_problem(model, error)
    return ManifestError(file, location, problem)


def first_problem(model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """Return the location that `invalid` reports, and the problem."""
    details = error.errors(include_url=False)
    first = min(details, key=lambda detail: _RANK.get(detail["type"], 1))
    place = _union_in(model, first["loc"])
    if place is None:
        return dotted(_location(first["loc"])), _problem(model, first)
    return _problem_of_union(model, place, details, first["loc"][:place])


def _problem_of_union(
    model: type[BaseModel], place: int, details: Sequence[ErrorDetails], union: Location
) -> tuple[str, str]:
    """Choose from the problems that all alternatives of a union have with a value.

    The alternative that is meant is the one whose type fits. pydantic puts the name of each into
    the location, right after that of the union itself.
    """
    rivals = [detail for detail in details if detail["loc"][:place] == union]
    fitting = [detail for detail in rivals if not _is_of_other_type(detail, place)]
    if fitting:
        location = (*union, *_location(fitting[0]["loc"][place + 1 :]))
        return dotted(location), _problem(model, fitting[0])
    given = rivals[0]["input"]
    allowed = dict.fromkeys(map(_type_expected, rivals))
    problem = f"{_shown(given, union)} is {_described(given)}; it must be {alternatives(allowed)}"
    return dotted(union), problem


def _is_of_other_type(detail: ErrorDetails, place: int) -> bool:
    ends_there = len(detail["loc"]) == place + 1
    return ends_there and detail["type"] in {*_EXPECTED, "literal_error"}


def _type_expected(detail: ErrorDetails) -> str:
    if detail["type"] in _EXPECTED:
        return _EXPECTED[detail["type"]]
    expected: str = detail["ctx"]["expected"]
    return expected.lower() if expected in {"True", "False"} else expected


def _union_in(model: type[BaseModel], location: Location) -> int | None:
    """Find the part of a location that names an alternative of a union; None without one."""
    here: Any = model
    for place, part in enumerate(location[:-1], 1):
        if _is_model(here):
            field = here.model_fields.get(str(part))
            here = None if field is None else field.annotation
        else:
            # As in `known_keys`.
            here = next((arg for arg in reversed(get_args(here)) if arg is not Ellipsis), None)
        kinds = _kinds(here)
        if len(kinds) > 1:
            return place
        here = kinds[0]
    return None


def _kinds(annotation: Any) -> list[Any]:  # noqa: ANN401 - as in `_bare`
    """List the alternatives of a union; without one, and of an optional type, the type alone."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) not in {Union, UnionType}:
        return [annotation]
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return _kinds(kinds[0]) if len(kinds) == 1 else kinds


def malformed(file: Path, text: str, error: tomllib.TOMLDecodeError) -> ManifestError:
    """Report a file that is not TOML; the reader's message has line and column."""
    lines = text.split("\n")
    end = f"at line {len(lines)}, column {len(lines[-1]) + 1}, the end of the file"
    said = str(error).replace("at end of document", end)
    return ManifestError(file, None, f"is not TOML: {said[:1].lower()}{said[1:]}")


def dotted(location: Location) -> str:
    """Write a location as TOML would: measure[1].connections, workloads."sync/json".path."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            key = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            path += f".{key}" if path else key
    return path


_RANK = {"extra_forbidden": 0, "missing": 2}


def _location(location: Location) -> Location:
    return location[:-1] if location and location[-1] == "[key]" else location


def _problem(model: type[BaseModel], detail: ErrorDetails) -> str:
    location, kind = detail["loc"], detail["type"]
    given = detail["input"]
    shown = _shown(given, location)
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), known_keys(model, location[:-1]))
    if kind == "missing":
        return "this key is missing"
    if kind == "value_error":
        return f"{'' if _is_table(given) else f'{shown} '}{context['error']}"
    if kind in _EXPECTED:
        return f"{shown} is {_described(given)}; it must be {_EXPECTED[kind]}"
    return f"{shown} is not allowed; it must be {_allowed(kind, context, detail['msg'])}"


_FORMER_KEYS = {
    "contest": "benchmark", "contests": "benchmarks", "of_contests": "of_benchmarks",
}  # fmt: skip


def _unknown_key(key: str, known: list[str]) -> str:
    if _FORMER_KEYS.get(key) in known:
        return f"{key!r} is no known key; it is called {_FORMER_KEYS[key]!r} now"
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    offer = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    return f"{key!r} is no known key; {offer}"


def known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """List the keys of a schema at a location."""
    here: Any = model
    for part in location:
        if _is_model(here):
            here = here.model_fields[str(part)].annotation
        else:
            # The last type argument of list[X] and dict[str, X] is that of the elements.
            here = [arg for arg in get_args(here) if arg not in (Ellipsis, type(None))][-1]
        here = _bare(here)
    return sorted(here.model_fields) if _is_model(here) else []


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - annotations have no type in common
    if hasattr(annotation, "__metadata__"):
        return _bare(get_args(annotation)[0])
    models = list(filter(_is_model, get_args(annotation)))
    return models[0] if isinstance(annotation, UnionType) and models else annotation


def _is_model(annotation: Any) -> bool:  # noqa: ANN401 - annotations have no type in common
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_table(given: object) -> bool:
    return isinstance(given, (dict, list, tuple, BaseModel))


def _shown(given: object, location: Location) -> str:
    """Quote a value, but for one that is secret by the name of its header, variable or setting."""
    name = str(location[-1]) if location else ""
    if is_credential_header(name) or is_secret_variable(name):
        return HIDDEN
    return without_passwords(repr(given))


def _described(given: object) -> str:
    names = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}
    names |= {list: "a list", dict: "a table"}
    return names.get(type(given), f"a {type(given).__name__}")


def _allowed(kind: str, context: dict[str, Any], message: str) -> str:
    wordings = {
        "literal_error": "{expected}",
        "greater_than_equal": "{ge:g} or more",
        "greater_than": "more than {gt:g}",
        "less_than_equal": "{le} or less",
        "less_than": "less than {lt:g}",
        "multiple_of": "a multiple of {multiple_of}",
        "too_short": "at least {min_length} long",
        "too_long": "at most {max_length} long",
    }
    if kind in wordings:
        return wordings[kind].format(**context)
    return message[:1].lower() + message[1:]
