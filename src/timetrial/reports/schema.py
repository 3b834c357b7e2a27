"""The JSON Schema (2020-12) of a report as JSON, from the records that it is made of."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from timetrial.reports.json import DOCUMENT, SCHEMA

_About = dict[str, Any]


def report_schema() -> str:
    """Write the schema, which has the names, units and meanings of all that a report holds."""
    document = DOCUMENT.json_schema(mode="serialization", schema_generator=_Documented)
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:timetrial:{SCHEMA}",
        "title": "A run of Timetrial, summed up",
    }
    return json.dumps({**head, **document}, indent=1, ensure_ascii=False) + "\n"


class _Documented(GenerateJsonSchema):
    """Takes descriptions of fields from the strings below them."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> _About:
        made = super().dataclass_schema(schema)
        docs = _field_docs(schema["cls"])
        for name in docs.keys() & made["properties"]:
            made["properties"][name]["description"] = docs[name]
        _require_what_is_derived(made, schema["cls"])
        made.pop("title", None)
        return made

    def field_title_should_be_set(
        self,
        schema: object,  # noqa: ARG002 - pydantic's signature
    ) -> bool:
        """Leave titles out: made of the names of fields, they would say nothing more."""
        return False


def _require_what_is_derived(made: _About, record: type) -> None:
    """Require the fields that are derived from others: every document has them."""
    required = set(made.get("required", ()))
    for field in dataclasses.fields(record):
        if not field.init:
            made["properties"][field.name].pop("default", None)
            required.add(field.name)
    if required:
        made["required"] = [name for name in made["properties"] if name in required]


def _field_docs(record: type) -> Mapping[str, str]:
    """Read the docstring of each field of a dataclass, in one line."""
    fields = {field.name for field in dataclasses.fields(record)}
    return {
        name: text
        for base in reversed(record.__mro__)
        if dataclasses.is_dataclass(base)
        for name, text in _documented(ast.parse(textwrap.dedent(inspect.getsource(base))).body[0])
        if name in fields
    }


def _documented(node: ast.stmt) -> Iterator[tuple[str, str]]:
    body = node.body if isinstance(node, ast.ClassDef) else []
    for field, below in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            yield field.target.id, " ".join(below.value.value.split())
