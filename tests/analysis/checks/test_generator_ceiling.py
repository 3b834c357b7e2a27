"""A stack that comes near the generator's own ceiling is doubted, with both figures."""

from __future__ import annotations

import dataclasses

from evidence import numbers_in
from runs import a_measurement, a_run, a_suite, a_window, json_query
from timetrial.analysis.checks import generator
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import GENERATOR_CEILING
from timetrial.analysis.summarize import summarize
from timetrial.model.finding import Finding
from timetrial.model.machine_check import Ceiling, MachineCheck, MachineChecks
from timetrial.model.run import Run
from timetrial.reports.summary_text import paragraph


def judged(ceiling_per_s: float | None) -> Finding | None:
    measurement = a_measurement([a_window(completions=1_000, length_s=1.0)])
    benchmark = json_query(["granian"])
    context = CellContext(benchmark, "granian", (measurement,), ceiling_per_s=ceiling_per_s)
    return generator.find_ceiling(context)


def looked_at(machine_checks: MachineChecks) -> Run:
    run = a_run(a_suite(["granian", "waitress"]))
    return dataclasses.replace(
        run, machine=dataclasses.replace(run.machine, machine_checks=machine_checks)
    )


def test_half_as_much_again_is_enough() -> None:
    assert judged(1_500) is None
    found = judged(1_499)
    assert found is not None
    assert found.severity == "doubtful"
    assert numbers_in(found.evidence)[:3] == [1_000, 67, 1_500]


def test_a_ceiling_that_the_stack_itself_exceeds_was_disturbed() -> None:
    found = judged(999)
    assert found is not None
    assert found.severity == "note"
    assert "than the 999" in found.evidence


def test_without_a_ceiling_there_is_no_doubt() -> None:
    assert judged(None) is None


def test_a_ceiling_is_held_against_the_load_that_it_was_measured_with() -> None:
    ceilings = (Ceiling(16, 1, 6_000), Ceiling(16, 5, 1))
    summary = summarize(looked_at(MachineChecks((), ceilings)))
    found = [f.cell for t in summary.tables for f in t.findings if f.name == GENERATOR_CEILING.name]
    assert [(cell.benchmark, cell.stack) for cell in found] == [("json_query", "granian")]


def test_conditions_name_what_was_doubtful_of_the_machine() -> None:
    checks = (
        MachineCheck("clock source", "ok", "tsc"),
        MachineCheck(
            "other processes", "doubtful", "others used 12 % of a core in 0.5 s", "stop it"
        ),
    )
    said = paragraph(summarize(looked_at(MachineChecks(checks))))
    assert f"other processes ({checks[1].said})" in said
    assert "clock source" not in said
    assert "when the run" not in paragraph(summarize(looked_at(MachineChecks(checks[:1]))))
