"""Each thing about a machine is judged by its threshold, with what to do about it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from timetrial.analysis.machine_checks import judge_ceiling, judge_idle, judge_settings
from timetrial.model.machine_check import Ceiling, IdleFacts, MachineCheck, MachineFacts

FACTS = MachineFacts(
    cpus=4,
    server_cpus=(0, 1, 2),
    generator_cpus=(3,),
    shares_core=False,
    clock_source="tsc",
    governors=("performance",),
    turbo=False,
    quota_cpus=None,
    open_files=20_000,
    somaxconn=4_096,
    ports=28_232,
)
QUIET = IdleFacts(
    length_s=0.5,
    foreign_cpu=0.01,
    steal=0.0,
    cpu_pressure=0.0,
    memory_pressure=0.0,
    late_p50_s=0.00006,
    late_p99_s=0.0002,
)


def of_settings(
    name: str,
    *,
    connections: int = 100,
    stacks: int = 1,
    **changes: Any,  # noqa: ANN401
) -> MachineCheck:
    checks = judge_settings(dataclasses.replace(FACTS, **changes), connections, stacks)
    return next(check for check in checks if check.name == name)


def when_idle(name: str, **changes: Any) -> MachineCheck:  # noqa: ANN401 - any field
    checks = judge_idle(dataclasses.replace(QUIET, **changes))
    return next(check for check in checks if check.name == name)


def test_a_sound_machine_is_ok_in_everything() -> None:
    checks = (*judge_settings(FACTS, 1_000), *judge_idle(QUIET))
    assert {check.judged for check in checks} == {"ok"}
    assert {check.remedy for check in checks} == {""}
    assert len({check.name for check in checks}) == len(checks)


def test_what_a_system_does_not_show_is_not_held_against_it() -> None:
    hidden = dataclasses.replace(
        FACTS, clock_source=None, governors=(), turbo=None, somaxconn=None, ports=None
    )
    assert {check.judged for check in judge_settings(hidden, 1_000)} == {"ok"}
    assert len(judge_idle(dataclasses.replace(QUIET, cpu_pressure=None))) == 4


@pytest.mark.parametrize(
    ("name", "changes", "judged", "said"),
    [
        ("CPU sets", {"server_cpus": (0,), "generator_cpus": (0,)}, "unfit", "share the only CPU"),
        ("CPU sets", {"shares_core": True}, "doubtful", "threads of one physical core"),
        ("CPU quota", {"quota_cpus": 4.0}, "ok", "the time of 4 CPUs, 4 are used"),
        ("CPU quota", {"quota_cpus": 1.5}, "doubtful", "the time of 1.5 CPUs"),
        ("CPU quota", {"quota_cpus": 0.5}, "unfit", "the time of 0.5 CPUs"),
        ("clock source", {"clock_source": "kvm-clock"}, "ok", "kvm-clock"),
        ("clock source", {"clock_source": "hpet"}, "doubtful", "hpet, of which each reading"),
        ("frequency", {"governors": ("powersave",)}, "doubtful", "governor powersave"),
        ("frequency", {"turbo": True}, "doubtful", "turbo on"),
        ("open files", {"open_files": 355}, "unfit", "355 a process, 356 are needed"),
        ("open files", {"open_files": 356}, "ok", "356 are needed"),
        ("somaxconn", {"somaxconn": 99}, "doubtful", "99 connections may wait"),
        ("ports", {"ports": 199}, "doubtful", "199 for connections"),
        ("ports", {"ports": 99}, "unfit", "99 for connections"),
    ],
)
def test_settings_are_judged(name: str, changes: dict[str, Any], judged: str, said: str) -> None:
    check = of_settings(name, **changes)
    assert check.judged == judged
    assert said in check.said
    assert bool(check.remedy) == (judged != "ok")


def test_needs_grow_with_the_stacks_that_are_up_at_once() -> None:
    assert of_settings("open files", connections=1_000, stacks=20, open_files=20_000).judged != "ok"
    assert of_settings("ports", connections=1_000, stacks=20).judged == "doubtful"


@pytest.mark.parametrize(
    ("name", "changes", "judged", "said"),
    [
        ("other processes", {"foreign_cpu": 0.051}, "doubtful", "5 % of a core in 0.5 s"),
        ("other processes", {"foreign_cpu": 0.51}, "unfit", "51 % of a core"),
        ("steal", {"steal": 0.02}, "doubtful", "2.0 % of the time"),
        ("steal", {"steal": 0.06}, "unfit", "6.0 % of the time"),
        ("CPU pressure", {"cpu_pressure": 0.4}, "doubtful", "40 % of the time"),
        ("memory pressure", {"memory_pressure": 0.02}, "doubtful", "2 % of the time"),
        ("timer floor", {"late_p99_s": 0.002}, "doubtful", "60.0 µs late (p99 2.00 ms)"),
        ("timer floor", {"late_p99_s": 0.02}, "unfit", "p99 20.0 ms"),
    ],
)
def test_what_goes_on_is_judged(name: str, changes: dict[str, Any], judged: str, said: str) -> None:
    check = when_idle(name, **changes)
    assert check.judged == judged
    assert said in check.said
    assert check.remedy


@pytest.mark.parametrize(("fastest", "judged"), [(20_000, "ok"), (20_001, "doubtful")])
def test_the_generator_must_be_half_as_fast_again_as_the_fastest_stack(
    fastest: float, judged: str
) -> None:
    assert judge_ceiling(Ceiling(16, 1, 30_000), fastest).judged == judged


def test_a_ceiling_below_a_real_server_was_disturbed() -> None:
    check = judge_ceiling(Ceiling(16, 1, 300), 2_000)
    assert check.judged == "doubtful"
    assert "something disturbed it" in check.said
