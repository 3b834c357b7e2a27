"""Records rebuilt with other texts: what is shown or kept of them is written anew."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from timetrial.model.redaction import HIDDEN, is_secret_variable, without_credentials

_T = TypeVar("_T")
TextChange = Callable[[str], str]


def with_texts(value: _T, change: TextChange) -> _T:
    """Rebuild a record with its texts changed, or return it if that changes nothing.

    Variables and settings with the name of a secret, and headers with credentials, are hidden.
    """
    if value is None or isinstance(value, (int, float)):  # most of what a summary is made of
        return value
    result: Any = value
    kind: Any = type(value)
    if isinstance(value, str):
        shown = change(value)
        result = value if shown == value else shown
    elif isinstance(value, tuple):
        items = tuple([with_texts(item, change) for item in value])
        result = value if all(map(operator.is_, items, value)) else items
    elif isinstance(value, Mapping):
        entries = {key: with_texts(item, change) for key, item in value.items()}
        result = value if all(entries[key] is item for key, item in value.items()) else entries
    else:
        changed = {
            name: new_item
            for name in _fields(kind)
            if (new_item := _field_with_texts(name, item := getattr(value, name), change))
            is not item
        }
        if changed:
            result = dataclasses.replace(cast("Any", value), **changed)
    return cast("_T", result)


def _field_with_texts(name: str, value: object, change: TextChange) -> object:
    """Change one field of a record: what stands in two of them is secret by its name, too."""
    hidden: object = value
    if name in {"env", "settings"} and isinstance(value, Mapping):
        hidden = {key: HIDDEN if is_secret_variable(key) else text for key, text in value.items()}
    elif name == "headers" and isinstance(value, Mapping):
        hidden = dict(without_credentials(value.items()))
    elif name == "headers" and isinstance(value, tuple):
        hidden = without_credentials(value)
    return with_texts(value if hidden == value else hidden, change)


@cache
def _fields(of: type[object]) -> tuple[str, ...]:
    """Name the fields of a record that are not made of its others; what is none has none.

    A field that is one of certain words is left out: it is no text of anybody.
    """
    if not dataclasses.is_dataclass(of):
        return ()
    names = [field.name for field in dataclasses.fields(of) if field.init]
    try:
        hints = get_type_hints(of)
    except NameError:  # of a type that is imported for checks alone
        return tuple(names)
    return tuple(name for name in names if not _is_word(hints[name]))


def _is_word(hint: object) -> bool:
    """Whether a type has certain words as its only values, None beside them."""
    if get_origin(hint) in {Union, UnionType}:
        return all(part is NoneType or _is_word(part) for part in get_args(hint))
    return get_origin(hint) is Literal
