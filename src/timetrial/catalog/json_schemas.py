"""JSON Schemas of the TOML files, by which editors complete and check them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from timetrial.catalog.manifest import Manifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str, model: type[Manifest]) -> Mapping[str, Any]:
    """Return the schema of a form; docstrings of fields are its descriptions.

    It allows all that is valid. What depends on several values, or on other files, is checked when
    the file is read.
    """
    written = model.model_json_schema()
    described = {each.__name__: _descriptions(each) for each in _models(model)}
    for title, table in {model.__name__: written, **written.get("$defs", {})}.items():
        for field, text in described.get(title, {}).items():
            table["properties"].get(field, {}).setdefault("description", text)
    return {"$schema": DIALECT, "$id": f"urn:timetrial:{name}", **written}


def _models(root: type[Manifest]) -> Iterator[type[Manifest]]:
    """Yield all tables: subclasses of the base, as they are few and names are unique."""
    yield root
    waiting: list[type[Manifest]] = [Manifest]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from found


def _descriptions(model: type[Manifest]) -> Mapping[str, str]:
    """Read the docstrings behind fields, also of bases."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, Manifest):
            found |= _docstrings(each)
    return found


def _docstrings(model: type[Manifest]) -> Mapping[str, str]:
    source = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = [part for each in source.body if isinstance(each, ast.ClassDef) for part in each.body]
    found = {}
    for field, after in pairwise(body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = inspect.cleandoc(text)
    return found
