"""What differs in how two runs were taken is named, once for all that it is true of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from configurations import SOME_SETTINGS, looked_at
from evidence import numbers_in
from runs import a_run, a_suite
from timetrial.analysis.aa_control import controlled
from timetrial.analysis.config_diff import differences, not_recorded
from timetrial.model.load import ClosedLoad
from timetrial.model.run import MachineSettings, Run
from timetrial.model.run_comparison import Difference
from timetrial.model.units import MIB
from timetrial.model.workload import Expectation, Step, Workload
from timetrial.store.secrets import Secrets

BASE = looked_at(a_run(a_suite(["granian", "uvicorn"], rounds=1)))


def only(other: Run) -> Difference:
    (found,) = differences(BASE, other)
    return found


def with_machine(**changes: object) -> Run:
    return dataclasses.replace(BASE, machine=dataclasses.replace(BASE.machine, **changes))  # type: ignore[arg-type]  # any field


def with_settings(settings: MachineSettings) -> Run:
    return with_machine(settings=settings)


def with_benchmark(**changes: object) -> Run:
    suite = BASE.plan.suite
    first, *rest = suite.benchmarks
    benchmarks = (dataclasses.replace(first, **changes), *rest)  # type: ignore[arg-type]  # any field
    plan = dataclasses.replace(BASE.plan, suite=dataclasses.replace(suite, benchmarks=benchmarks))
    return dataclasses.replace(BASE, plan=plan)


def test_a_run_does_not_differ_from_one_like_it() -> None:
    assert differences(BASE, BASE) == ()
    assert not_recorded(BASE, BASE) == ()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"cpu_model": "Another CPU"}, "processor"),
        ({"cores": 4}, "cores"),
        ({"memory_bytes": 4 * 1024 * MIB}, "memory"),
        ({"server_cpus": (0, 1)}, "server on CPU"),
    ],
)
def test_another_machine_bars_a_comparison(changes: dict[str, object], what: str) -> None:
    found = only(with_machine(**changes))
    assert (found.area, found.what, found.bars) == ("machine", what, True)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: with_machine(kernel="Linux 7.0"), "kernel"),
        (lambda: with_machine(memory_bytes=8 * 1024 * MIB - 100 * MIB), "memory"),
        (
            lambda: with_settings(dataclasses.replace(SOME_SETTINGS, governor="powersave")),
            "frequency governor",
        ),
        (
            lambda: with_settings(dataclasses.replace(SOME_SETTINGS, cpu_quota=1.5)),
            "CPU quota",
        ),
        (
            lambda: with_settings(
                dataclasses.replace(SOME_SETTINGS, sysctls={"net.core.somaxconn": "128"})
            ),
            "net.core.somaxconn",
        ),
        (lambda: dataclasses.replace(BASE, timetrial_version="9"), "version"),
        (lambda: with_benchmark(windows=8), "windows a round"),
    ],
)
def test_what_can_be_set_otherwise_is_named_and_bars_nothing(
    make: Callable[[], Run], what: str
) -> None:
    found = only(make())
    assert (found.what, found.bars) == (what, False)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"load": ClosedLoad(64)}, "load"),
        ({"load": ClosedLoad(16, timeout_s=1.0)}, "load"),
        ({"window_s": 0.5}, "length of a window"),
        ({"mode": "whole"}, "mode"),
        ({"driver": "wrk"}, "driver"),
    ],
)
def test_another_load_bars_a_comparison(changes: dict[str, object], what: str) -> None:
    found = only(with_benchmark(**changes))
    assert (found.area, found.subjects, found.what) == ("load", ("json_query",), what)
    assert found.bars


def test_requests_that_only_expect_something_else_are_another_load() -> None:
    benchmark = BASE.plan.suite.benchmarks[0]
    (step,) = benchmark.workload.steps
    other = dataclasses.replace(step, body="{}")
    workload = dataclasses.replace(benchmark.workload, steps=(other,))
    found = only(with_benchmark(workload=workload))
    assert found.what == "requests"
    assert found.bars
    assert found.b.startswith(f"{found.a}, but ")


def test_a_package_of_several_stacks_is_named_once() -> None:
    facts = tuple(
        dataclasses.replace(
            each, packages=tuple(p.replace("Django==5.2.9", "Django==6.0") for p in each.packages)
        )
        for each in BASE.facts
    )
    found = only(dataclasses.replace(BASE, facts=facts))
    assert found == Difference("stack", ("granian", "uvicorn"), "django", "5.2.9", "6.0")


def test_an_event_loop_a_variable_and_words_of_a_command_are_named() -> None:
    first, second = BASE.configurations
    assert second.inside is not None
    view = dataclasses.replace(
        second.inside, event_loop="asyncio.Loop", environment={"PYTHONUNBUFFERED": "1"}
    )
    changed = dataclasses.replace(second, inside=view, command=(*second.command, "--loop", "auto"))
    found = differences(BASE, dataclasses.replace(BASE, configurations=(first, changed)))
    assert [(each.subjects, each.what, each.a, each.b) for each in found] == [
        (("uvicorn",), "event loop", "uvloop.Loop", "asyncio.Loop"),
        (("uvicorn",), "command", "none", "--loop auto"),
        (("uvicorn",), "$WEB_CONCURRENCY", "2", "none"),
    ]


def test_what_a_run_does_not_hold_is_said_and_not_called_a_difference() -> None:
    old = dataclasses.replace(with_machine(settings=None), configurations=())
    assert differences(BASE, old) == ()
    settings, stacks = not_recorded(BASE, old)
    assert "the machine of" in settings
    assert "granian, uvicorn" in stacks
    assert numbers_in(settings) == numbers_in(stacks) == [7]


def test_a_control_adds_no_difference() -> None:
    suite = controlled(dataclasses.replace(BASE.plan.suite, rounds=5), wanted=True).at({})
    one = dataclasses.replace(BASE, plan=dataclasses.replace(BASE.plan, suite=suite))
    env = {"DATABASE": "postgres://shop:secret@db/shop"}
    stacks = tuple(dataclasses.replace(stack, env=env) for stack in suite.stacks)
    changed = dataclasses.replace(suite, stacks=stacks)
    other = dataclasses.replace(one, plan=dataclasses.replace(one.plan, suite=changed))
    assert not_recorded(one, one) == ()
    (found,) = differences(one, other)
    assert found.subjects == ("granian", "uvicorn")
    assert (found.what, found.b) == ("asked $DATABASE", "postgres://shop:***@db/shop")


def test_references_to_the_same_secrets_are_no_difference() -> None:
    """Each run has its own salt; what is known of a body beside its digest is its length."""
    step = Step({"wsgi": "/?token=raspberry"}, Expectation(body="hello"), headers={"Cookie": "a"})
    plain = with_benchmark(workload=Workload("hello", (step,)))
    kept = [dataclasses.replace(plain, plan=Secrets().sealed(plain.plan)) for _ in range(2)]
    assert differences(*kept) == ()
    assert differences(plain, kept[0]) == ()
    longer = dataclasses.replace(step, expect=Expectation(body="hello!"))
    other = with_benchmark(workload=Workload("hello", (longer,)))
    (found,) = differences(kept[0], other)
    assert found.what == "requests"
