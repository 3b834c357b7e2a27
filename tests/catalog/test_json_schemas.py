"""The JSON Schemas that editors check TOML files by."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from timetrial.catalog.loader import BUILT_IN
from timetrial.cli.listing_catalog import schemas

jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED = DOCS / "schema"
SHIPPED = {
    "server": "servers/*.toml",
    "app": "apps/*/app.toml",
    "service": "services/*.toml",
    "suite": "suites/*.toml",
}


@pytest.fixture(scope="module")
def by_name() -> dict[str, Any]:
    return {str(form["name"]): form["schema"] for form in schemas()}


@pytest.mark.parametrize("form", SHIPPED)
def test_every_shipped_file_fulfils_its_schema(form: str, by_name: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(by_name[form])
    validator = jsonschema.Draft202012Validator(by_name[form])
    files = sorted(BUILT_IN.glob(SHIPPED[form]))
    assert files
    for file in files:
        # Dates are texts in JSON.
        table = from_json(to_json(tomllib.loads(file.read_text(encoding="utf-8"))))
        problems = [problem.message for problem in validator.iter_errors(table)]
        assert (file.name, problems) == (file.name, [])


@pytest.mark.parametrize(
    ("page", "forms"),
    [("catalog", ["server", "app", "app", "suite"]), ("services", ["app", "service"])],
)
def test_every_whole_file_in_the_docs_fulfils_its_schema(
    page: str, forms: list[str], by_name: dict[str, Any]
) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    whole = [table for table in map(tomllib.loads, blocks) if "name" in table]
    for form, table in zip(forms, whole, strict=True):
        problems = jsonschema.Draft202012Validator(by_name[form]).iter_errors(table)
        assert [problem.message for problem in problems] == []


def test_a_misspelt_key_is_seen(by_name: dict[str, Any]) -> None:
    problems = jsonschema.Draft202012Validator(by_name["scenario"]).iter_errors(
        {"steps": [{"path": "/", "methood": "GET"}]}
    )
    assert any("methood" in problem.message for problem in problems)


def test_fields_are_described(by_name: dict[str, Any]) -> None:
    suite = by_name["suite"]["$defs"]["BenchmarkManifest"]["properties"]
    assert "description" in suite["share_of_capacity"]


def test_what_is_published_is_what_the_program_has(by_name: dict[str, Any]) -> None:
    kept = {name: json.loads((PUBLISHED / f"{name}.json").read_text()) for name in by_name}
    assert kept == by_name, "write them anew: .venv/bin/python tools/write_schemas.py"
