"""A stack that answers otherwise than the others is doubted wherever it is shown."""

from __future__ import annotations

import dataclasses

from subjects import a_history, found

from runs import a_run, a_suite
from timetrial.analysis.cell_analysis import cell_analyses


def test_a_stack_that_answers_otherwise_is_doubtful() -> None:
    history = dataclasses.replace(a_history(), differs="GET / (content type 'a' instead of 'b')")
    finding = found("answers-differently", history)
    assert finding is not None
    assert finding.severity == "doubtful"
    assert finding.evidence == (
        "it answers otherwise than the other servers: GET / (content type 'a' instead of 'b'). "
        "If that may differ, name it by --dynamic REGEX."
    )


def test_of_two_stacks_that_differ_neither_is_called_wrong() -> None:
    history = dataclasses.replace(a_history(), differs="GET / (…)", differs_from=("waitress",))
    finding = found("answers-differently", history)
    assert finding is not None
    assert finding.evidence.startswith(
        "granian and waitress differ, and which of them is right is not known: GET / (…)."
    )


def test_what_is_known_of_a_stack_is_found_in_its_run() -> None:
    run = a_run(a_suite(["granian", "uvicorn"]))
    granian, uvicorn = run.plan.suite.stacks
    suite = dataclasses.replace(
        run.plan.suite, stacks=(dataclasses.replace(granian, differs="GET / (…)"), uvicorn)
    )
    run = dataclasses.replace(run, plan=dataclasses.replace(run.plan, suite=suite))
    found_in = [
        each.stack
        for each in cell_analyses(run, suite.benchmarks[0])
        if any(finding.name == "answers-differently" for finding in each.findings)
    ]
    assert found_in == ["granian"]


def test_a_stack_that_answers_as_the_others_do_is_not() -> None:
    assert found("answers-differently", a_history()) is None
