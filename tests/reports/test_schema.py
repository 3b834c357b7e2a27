"""The published JSON Schema holds for every report, and what it promises stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import scenes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from configurations import looked_at
from runs import a_failure, a_run, a_stack, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.features.run_report import ADDITIONS
from timetrial.model.finding import Finding
from timetrial.model.measurement import Failure, Window
from timetrial.model.summary import Comparison, Part, Row, Summary
from timetrial.reports.cells import CellValidity
from timetrial.reports.json import as_json
from timetrial.reports.schema import report_schema

jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "report-2.json"
PARTS = (Row, Comparison, Part, Failure, Window, CellValidity, Finding)
STACK = st.just(a_stack("uvicorn"))
# What JSON can hold: neither infinity nor halves of characters.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=20))
WRITTEN: dict[type, st.SearchStrategy[Any]] = {
    Row: st.builds(Row, stack=STACK, letters=st.just({"throughput": "ab"})),
    Window: st.builds(Window, statuses=st.dictionaries(st.integers(100, 599), st.integers(0))),
}
"""Of records with mappings, for which Hypothesis makes no stable ones by itself."""
Schema = dict[str, Any]


@pytest.fixture(scope="module")
def published() -> Schema:
    loaded: Schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def check(schema: Schema, document: object) -> None:
    jsonschema.Draft202012Validator(schema).validate(document)


def full() -> Summary:
    suite = a_suite(["granian", "uvicorn", "waitress"])
    return summarize(looked_at(a_run(suite, failures=[a_failure()])))


@pytest.mark.parametrize("scene", [*scenes.ALL.values(), scenes.duet, scenes.lived, full])
@pytest.mark.parametrize("brief", [False, True])
def test_every_report_fulfils_the_published_schema(
    scene: Any,  # noqa: ANN401 - functions of several signatures
    brief: bool,  # noqa: FBT001 - a parameter of the test
    published: Schema,
) -> None:
    check(published, json.loads(as_json(scene(), ADDITIONS, brief=brief)))


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_whatever_a_record_may_hold_fulfils_the_schema(
    part: type, data: st.DataObject, published: Schema
) -> None:
    record: object = data.draw(WRITTEN.get(part, st.from_type(part)))
    adapter: TypeAdapter[Any] = TypeAdapter(part)
    text = adapter.dump_json(record)
    schema = {"$defs": published["$defs"], "$ref": f"#/$defs/{part.__name__}"}
    check(schema, json.loads(text))


def test_what_no_record_may_hold_does_not_fulfil_it(published: Schema) -> None:
    document = json.loads(as_json(full()))
    document["summary"]["tables"][0]["rows"][0]["requests"] = "many"
    with pytest.raises(jsonschema.ValidationError, match="'many' is not of type 'integer'"):
        check(published, document)


def test_the_published_schema_still_describes_what_is_written(published: Schema) -> None:
    """Nothing it names may go or change; what was added since is published with the next one.

    After an addition: `timetrial report --schema > docs/schema/report-2.json`.
    """
    today = json.loads(report_schema())
    assert published["$id"] == today["$id"] == "urn:timetrial:report-2"
    for name, record in published["$defs"].items():
        for field, about in record.get("properties", {}).items():
            now = today["$defs"][name]["properties"][field]
            assert without_words(now) == without_words(about), f"{name}.{field} has changed"
        assert set(record.get("required", ())) <= set(today["$defs"][name].get("required", ()))


def without_words(about: object) -> object:
    if isinstance(about, dict):
        return {key: without_words(value) for key, value in about.items() if key != "description"}
    return about


def test_units_stand_in_the_schema(published: Schema) -> None:
    cpu_time = published["$defs"]["Row"]["properties"]["cpu_s_per_1000"]["description"]
    assert "CPU seconds" in cpu_time
    assert "1,000 correct responses" in cpu_time
    assert "95 %" in published["$defs"]["Estimate"]["description"]


def test_what_findings_take_from_each_cell_stands_beside_the_rows() -> None:
    validity = json.loads(as_json(scenes.troubled()))["validity"]
    by_cell = {(s["cell"]["benchmark"], s["cell"]["stack"]): s for s in validity}
    assert by_cell["json_query", "gunicorn"]["throughput_void_by"] == ["errors"]
    assert by_cell["json_query", "granian"]["lower_bound_by"] == ["generator-saturated"]
    assert by_cell["json_query", "uvicorn"]["throughput_void_by"] == []
