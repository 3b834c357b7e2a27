"""One problem of a record, from the errors of pydantic, and where in the record it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from timetrial.store.intake import short

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_PROBLEMS = {
    "missing": "is missing",
    "missing_argument": "is missing",
    "json_invalid": "is no JSON",
    "string_type": "is no text",
    "int_type": "is no whole number",
    "int_from_float": "is no whole number",
    "int_parsing": "is no whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "tuple_type": "is no list",
    "list_type": "is no list",
    "mapping_type": "is no object",
    "dict_type": "is no object",
    "dataclass_type": "is no object",
    "literal_error": "has a value that there is not",
    "unexpected_keyword_argument": "is a field that there is not",
    "extra_forbidden": "is a field that there is not",
}
_OF_OTHER_SHAPE = frozenset(
    {"literal_error", "missing", "missing_argument", "unexpected_keyword_argument"}
)
"""What alternatives of a union say that were not meant: a later error is the better one."""


def first_problem(error: ValidationError, text: str) -> tuple[str, str]:
    """Return the place of the first problem, as keys and indexes of the record, and a predicate."""
    record: object = None
    details = error.errors(include_url=False, include_context=False)
    if not any(detail["type"] == "json_invalid" for detail in details):
        record = json.loads(text)
    places = [_place(detail, record) for detail in details]

    def rank(at: int) -> tuple[bool, int]:
        return details[at]["type"] in _OF_OTHER_SHAPE, -len(places[at])

    first = min(range(len(details)), key=rank)
    place = ".".join(map(str, places[first]))
    return short(place) or "it", _PROBLEMS.get(details[first]["type"], "is not as it should be")


def _place(detail: ErrorDetails, record: object) -> Sequence[str | int]:
    """Leave out what pydantic puts between: names of alternatives and of validators."""
    place: list[str | int] = []
    *above, last = detail["loc"] or ("",)
    for part in above:
        inner = _inner(record, part)
        if inner is not None:
            place.append(part)
            record = inner[0]
    if _inner(record, last) is not None or detail["type"] in _OF_OTHER_SHAPE:
        place.append(last)
    return place


def _inner(record: object, part: str | int) -> tuple[object] | None:
    if isinstance(record, dict) and part in record:
        return (record[part],)
    if isinstance(record, list) and isinstance(part, int) and part < len(record):
        return (record[part],)
    return None
