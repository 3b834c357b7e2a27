"""The text of an exported run, and the values in it, before any of them is used."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from timetrial.model import BadInput

_LARGEST = 2**63 - 1
"""Of the numbers in it: no store has room for more, and no figure is as large."""
_DEEPEST = 100
"""Of lists within lists; a run has fewer than 20."""
_LONGEST_TEXT = 16 * 2**20
"""Characters of one text: logs and expected bodies have far fewer."""
_LONGEST_NAME = 1_000
_NAMES = frozenset(
    {"benchmark", "created_at", "name", "stack", "suite", "timetrial_version", "title"}
)
_SHOWN = 60


def parsed(text: str) -> object:
    """Parse the text of a document. Raises BadInput."""
    try:
        document: object = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BadInput("it is no JSON") from error
    except RecursionError as error:
        raise BadInput("it is damaged: its lists are nested too deeply") from error
    except ValueError as error:
        raise BadInput("it is damaged: it has a number of thousands of digits") from error
    return document


def check_values(document: object) -> None:
    """Raise BadInput for a value that no exported run has, wherever it is."""
    if _all_are_common(document):
        return  # as nearly always: saying where each value stands takes far longer
    left: list[tuple[object, str, int]] = [(document, "", 0)]
    while left:
        value, place, depth = left.pop()
        if depth > _DEEPEST:
            raise BadInput("it is damaged: its lists are nested too deeply")
        if isinstance(value, dict):
            for key, inner in value.items():
                if problem := _problem_of(key, ""):
                    raise BadInput(f"it is damaged: a key in {short(place)} {problem}")
                left.append((inner, f"{place}.{key}" if place else str(key), depth + 1))
        elif isinstance(value, list):
            left += [(item, f"{place}.{at}", depth + 1) for at, item in enumerate(value)]
        elif problem := _problem_of(value, place.rpartition(".")[2]):
            raise BadInput(f"it is damaged: {short(place)} {problem}")


def short(text: str, most: int = _SHOWN) -> str:
    """Cut a text that a message quotes."""
    return text if len(text) <= most else f"{text[:most]}…"


def _all_are_common(document: object) -> bool:
    """Whether it is known without a look at places that nothing in it has a problem."""
    level = [document]
    for _ in range(_DEEPEST):
        inner: list[object] = []
        for value in level:
            if isinstance(value, str):
                if len(value) > _LONGEST_NAME or not value.isascii():
                    return False
            elif isinstance(value, dict):
                inner += value
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
                return False
        if not inner:
            return True
        level = inner
    return False


def _problem_of(value: object, name: str) -> str | None:
    if isinstance(value, str):
        if len(value) > (_LONGEST_NAME if name in _NAMES else _LONGEST_TEXT):
            return f"has {len(value):,} characters"
        return None if _is_unicode(value) else "has half a character"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no finite number"
    if isinstance(value, int | float) and abs(value) > _LARGEST:
        return "is too large a number"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput(f"it is damaged: {name} is no number of JSON")
