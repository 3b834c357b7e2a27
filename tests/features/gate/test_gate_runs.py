"""Gates over runs: two stacks of one, or two runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest

from runs import CHARACTERS, Character, a_failure, a_run, a_suite, cut_short
from timetrial.analysis.aa_control import controlled
from timetrial.analysis.summarize import summarize
from timetrial.features.gate.judge import BOUND_BY_CLIENT
from timetrial.features.gate.judgement import Gate, GateRule, Judgement, Undecided, UndecidedKind
from timetrial.features.gate.side_by_side import gate_side_by_side
from timetrial.features.gate.stored import UNPAIRED, Side, compared, gate_stored
from timetrial.model.errors import BadInput
from timetrial.model.metrics import ComparedMetric
from timetrial.model.missing import MissingKind
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.model.summary import Estimate, Missing
from timetrial.model.trial import Cell

TERMS = GateRule()
PAIR = a_suite(["granian", "uvicorn"], rounds=12)
ALIKE = dict.fromkeys(CHARACTERS, CHARACTERS["uvicorn"])
SLOWER = dataclasses.replace(
    CHARACTERS["uvicorn"], requests_per_s=3_950 * 0.85, cpu_ms=0.236 * 1.15
)


def a_pair(new: Character = CHARACTERS["uvicorn"], suite: Suite = PAIR, seed: int = 1) -> Run:
    """Measure granian, which is uvicorn in disguise, as old, and uvicorn as new."""
    return a_run(suite, characters={**ALIKE, "uvicorn": new}, seed=seed)


def side_by_side(run: Run, terms: GateRule = TERMS) -> Gate:
    return gate_side_by_side(run, "granian", "uvicorn", terms)


def stored(a: Run, b: Run, terms: GateRule = TERMS) -> Gate:
    old, new = Side("run 1", summarize(a)), Side("new.json", summarize(b))
    return gate_stored(old, new, compared(old, new, terms), terms)


def two_runs(**changed: Character) -> tuple[Run, Run]:
    characters: Mapping[str, Character] = {**CHARACTERS, **changed}
    return a_run(PAIR, number=1), a_run(PAIR, seed=2, number=2, characters=characters)


def of(
    gate: Gate, metric: ComparedMetric, stack: str = "uvicorn", benchmark: str = "json_query"
) -> Judgement:
    cell = Cell(benchmark, stack)
    return next(
        judgement
        for judgement in gate.judgements
        if (judgement.cell, judgement.metric) == (cell, metric)
    )


def test_a_slower_stack_beside_the_old_one_is_a_regression() -> None:
    gate = side_by_side(a_pair(SLOWER))
    assert of(gate, "throughput").call == "regression"
    assert of(gate, "cpu_s_per_1000").call == "regression"
    assert gate.failed


def test_a_stack_beside_its_like_is_within_the_limit() -> None:
    gate = side_by_side(a_pair())
    assert of(gate, "throughput").call == "within the limit"
    assert not gate.failed


def test_swapped_the_slower_stack_is_the_one_that_was_improved() -> None:
    gate = gate_side_by_side(a_pair(SLOWER), "uvicorn", "granian", GateRule(max_regression=0.0))
    assert of(gate, "throughput", "granian").improved
    assert not gate.failed


def test_every_benchmark_and_metric_is_judged_in_the_order_asked_for() -> None:
    gate = side_by_side(a_pair(), GateRule(("memory_bytes", "throughput")))
    assert [(judgement.cell.benchmark, judgement.metric) for judgement in gate.judgements] == [
        (benchmark, metric)
        for benchmark in ("json_query", "wait_50ms")
        for metric in ("memory_bytes", "throughput")
    ]


def test_intervals_hold_together_over_all_that_is_judged() -> None:
    few = of(side_by_side(a_pair(), GateRule(("throughput",))), "throughput")
    many = of(side_by_side(a_pair(), GateRule(("throughput", "p50_ns", "p99_ns"))), "throughput")
    assert _width(many) > _width(few)
    few = of(stored(*two_runs(), GateRule(("throughput",))), "throughput")
    many = of(stored(*two_runs(), GateRule(("throughput", "p50_ns", "p99_ns"))), "throughput")
    assert _width(many) > _width(few)


def test_other_stacks_of_a_run_make_no_interval_wider() -> None:
    alone = of(side_by_side(a_pair()), "throughput")
    among = of(side_by_side(a_pair(suite=a_suite(rounds=12))), "throughput")
    assert _width(among) < 1.5 * _width(alone)


def test_a_new_one_that_answers_wrongly_shuts_the_gate_and_says_which_finding() -> None:
    failing = dataclasses.replace(CHARACTERS["uvicorn"], failed_share=0.05)
    gate = side_by_side(a_pair(failing))
    judgement = of(gate, "throughput")
    assert judgement.call == "broken"
    assert judgement.ratio == Missing(MissingKind.VOID, detail="errors", of="uvicorn")
    assert gate.failed


def test_an_old_one_that_answers_wrongly_is_no_figure_and_shuts_nothing() -> None:
    failing = dataclasses.replace(CHARACTERS["uvicorn"], failed_share=0.05)
    gate = gate_side_by_side(a_pair(failing), "uvicorn", "granian", GateRule())
    assert {judgement.call for judgement in gate.judgements} == {"no figure"}
    assert not gate.failed


def test_a_new_one_that_never_starts_shuts_the_gate() -> None:
    run = a_pair()
    others = tuple(m for m in run.measurements if m.trial.cell.stack != "uvicorn")
    failures = tuple(a_failure("uvicorn", round_.number) for round_ in run.plan.rounds)
    gate = side_by_side(dataclasses.replace(run, measurements=others, failures=failures))
    assert {judgement.call for judgement in gate.judgements} == {"broken"}
    assert gate.failed


def test_a_stack_that_was_not_measured_is_no_figure() -> None:
    run = a_pair()
    others = tuple(m for m in run.measurements if m.trial.cell.stack != "uvicorn")
    gate = side_by_side(dataclasses.replace(run, measurements=others))
    assert {judgement.call for judgement in gate.judgements} == {"no figure"}
    assert "Run 7 " in gate.remarks[0]
    assert len(gate.remarks) == len(side_by_side(run).remarks) + 1


def test_too_few_rounds_cannot_tell_however_clear_they_look() -> None:
    gate = side_by_side(a_pair(SLOWER, a_suite(["granian", "uvicorn"], rounds=2)))
    judgement = of(gate, "throughput")
    assert judgement.call == "cannot tell"
    assert judgement.undecided == Undecided(UndecidedKind.TOO_FEW_ROUNDS, 2)


def test_throughput_that_the_clients_set_is_no_regression_of_a_stack() -> None:
    slower = dataclasses.replace(ALIKE["uvicorn"], requests_per_s=158.0, jitter=0.0)
    terms = GateRule(("throughput",), max_regression=0.0)
    for gate in (side_by_side(a_pair(slower), terms), stored(*two_runs(), terms)):
        judgement = of(gate, "throughput", benchmark="wait_50ms")
        assert judgement.call != "regression"
        assert judgement.undecided in {None, BOUND_BY_CLIENT}


def test_a_difference_that_the_control_shows_by_itself_cannot_be_told() -> None:
    suite = controlled(PAIR, wanted=True).at({})
    (twin,) = (stack.name for stack in suite.stacks if stack.control_of)
    original = next(stack.control_of for stack in suite.stacks if stack.control_of)
    characters = {**ALIKE, "uvicorn": SLOWER, twin: ALIKE["granian"]}
    fast = dataclasses.replace(characters[original], requests_per_s=3_950 * 1.3)
    run = a_run(suite, characters={**characters, twin: fast})
    gate = side_by_side(run, GateRule(("throughput",)))
    judgement = of(gate, "throughput")
    assert judgement.call == "cannot tell"
    assert judgement.undecided == Undecided(UndecidedKind.NOT_JUDGED)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("granian", "uvicron", "there is no stack in run 7 called 'uvicron'; did you mean 'uv"),
        ("granian", "granian", "'granian' cannot be gated against itself: name two stacks"),
    ],
)
def test_what_is_no_pair_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        gate_side_by_side(a_pair(), old, new, TERMS)
    assert str(refused.value).startswith(said)


def test_stacks_without_a_benchmark_in_common_are_refused() -> None:
    first, second = PAIR.benchmarks
    apart = (
        dataclasses.replace(first, stacks=("granian",)),
        dataclasses.replace(second, stacks=("uvicorn",)),
    )
    with pytest.raises(BadInput, match="have no benchmark of run 7 in common"):
        side_by_side(a_pair(suite=dataclasses.replace(PAIR, benchmarks=apart)))


def test_a_slower_run_is_a_regression_of_the_stack_that_became_slower() -> None:
    gate = stored(*two_runs(uvicorn=SLOWER))
    assert of(gate, "throughput").call == "regression"
    assert of(gate, "throughput", "granian").call != "regression"
    assert UNPAIRED in gate.remarks


@pytest.mark.parametrize(("rounds", "call"), [(2, "cannot tell"), (5, "regression")])
def test_two_runs_need_rounds_enough_for_a_call(rounds: int, call: str) -> None:
    suite = a_suite(["granian", "uvicorn"], rounds=rounds)
    far_slower = dataclasses.replace(CHARACTERS["uvicorn"], requests_per_s=1_000)
    characters = {**CHARACTERS, "uvicorn": far_slower}
    old = a_run(suite, number=1)
    new = a_run(suite, seed=2, number=2, characters=characters)
    assert of(stored(old, new), "throughput").call == call


def test_a_stack_that_never_starts_in_the_new_run_is_broken() -> None:
    old, new = two_runs()
    others = tuple(m for m in new.measurements if m.trial.cell.stack != "uvicorn")
    failures = tuple(a_failure("uvicorn", round_.number) for round_ in new.plan.rounds)
    gate = stored(old, dataclasses.replace(new, measurements=others, failures=failures))
    assert of(gate, "throughput").call == "broken"
    assert of(gate, "throughput", "granian").call != "broken"


def test_two_runs_of_the_same_pass() -> None:
    assert not stored(*two_runs()).failed


def test_what_the_new_run_lacks_is_no_figure_and_what_it_adds_is_told() -> None:
    a = a_run(a_suite(["granian", "uvicorn"], rounds=6), number=1)
    b = a_run(a_suite(["granian", "waitress"], rounds=6), number=2)
    gate = stored(a, b)
    assert of(gate, "throughput").ratio == Missing(MissingKind.NOT_IN_THE_NEW_RUN, of="new.json")
    assert any("waitress in json_query" in remark for remark in gate.remarks)


def test_reasons_name_runs_as_the_gate_does() -> None:
    failing = dataclasses.replace(CHARACTERS["uvicorn"], failed_share=0.05)
    judgement = of(stored(*two_runs(uvicorn=failing)), "throughput")
    assert judgement.ratio == Missing(MissingKind.VOID, of="new.json")
    assert judgement.call == "broken"


def test_a_run_that_was_interrupted_is_said_to_be_one() -> None:
    a, b = two_runs()
    remarks = stored(cut_short(a, 24), b).remarks
    assert "Run 1 was interrupted: what is judged is what there is of it." in remarks


def _width(judgement: Judgement) -> float:
    ratio = judgement.ratio
    assert isinstance(ratio, Estimate)
    assert ratio.low is not None
    assert ratio.high is not None
    return ratio.high - ratio.low
