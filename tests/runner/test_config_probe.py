"""Stacks are looked at once a run, before its first round, and whatever comes of it is stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from configurations import a_configuration
from fake_stacks import CPUS, STACKS, FakeStack, Stage, small_suite, staged
from runs import a_failure
from timetrial.analysis.aa_control import controlled
from timetrial.model.effective_config import StackConfiguration
from timetrial.model.errors import StackFailed
from timetrial.model.events import Event, ProbingConfigs
from timetrial.model.suite import KnownFailure, Stack
from timetrial.runner.config_probe import probe_configs
from timetrial.runner.run_context import ConfigProbe, RunContext


class Looks:
    """Counts how often each stack is looked at."""

    def __init__(self) -> None:
        self.at: list[str] = []

    def __call__(self, stack: Stack) -> StackConfiguration:
        self.at.append(stack.name)
        return a_configuration(stack.name)


def look(
    stage: Stage,
    how: ConfigProbe | None,
    events: list[Event],
    not_installed: Mapping[str, StackFailed] = MappingProxyType({}),
) -> None:
    context = RunContext(
        store=stage.store,
        driver=stage.driver,
        start=lambda stack, round_: FakeStack(stack, round_, 1, []),
        not_installed=not_installed,
        generator_cpus=CPUS,
        observer=events.append,
        probe=how,
    )
    probe_configs(stage.store.load(stage.run), context)


def test_every_stack_is_looked_at_once_and_kept(tmp_path: Path) -> None:
    looks, events = Looks(), list[Event]()
    with staged(tmp_path) as stage:
        look(stage, looks, events)
        look(stage, looks, events)
        kept = stage.store.load(stage.run).configurations
    assert sorted(looks.at) == sorted(STACKS)
    assert sorted(each.stack for each in kept) == sorted(STACKS)
    assert events == [ProbingConfigs(done, 3) for done in range(4)]


def test_what_has_no_environment_is_not_looked_at(tmp_path: Path) -> None:
    looks = Looks()
    with staged(tmp_path) as stage:
        look(stage, looks, [], {STACKS[0]: StackFailed("install", "no")})
    assert sorted(looks.at) == sorted(STACKS[1:])


def test_a_twin_is_what_its_stack_is_and_not_looked_at(tmp_path: Path) -> None:
    looks = Looks()
    with staged(tmp_path, controlled(small_suite(5), wanted=True).at({})) as stage:
        look(stage, looks, [])
    assert sorted(looks.at) == sorted(STACKS)


@pytest.mark.parametrize(("try_broken", "seen"), [(False, STACKS[1:]), (True, STACKS)])
def test_what_is_known_to_be_broken_is_not_started_to_be_looked_at(
    tmp_path: Path, *, try_broken: bool, seen: Sequence[str]
) -> None:
    looks = Looks()
    suite = small_suite()
    first, *rest = suite.stacks
    broken = dataclasses.replace(first, known_failures=(KnownFailure("always", "it crashes"),))
    suite = dataclasses.replace(suite, stacks=(broken, *rest), try_broken=try_broken)
    with staged(tmp_path, suite) as stage:
        look(stage, looks, [])
    assert sorted(looks.at) == sorted(seen)


def test_a_stack_that_never_came_up_is_not_looked_at_when_a_run_goes_on(tmp_path: Path) -> None:
    looks = Looks()
    with staged(tmp_path) as stage:
        stage.store.add_failure(stage.run, a_failure(STACKS[0], 1))
        look(stage, looks, [])
    assert sorted(looks.at) == sorted(STACKS[1:])


def test_a_bench_that_looks_at_nothing_leaves_nothing(tmp_path: Path) -> None:
    events: list[Event] = []
    with staged(tmp_path) as stage:
        look(stage, None, events)
        assert stage.store.load(stage.run).configurations == ()
    assert events == []


def test_an_interrupt_keeps_what_was_seen_and_another_call_goes_on(tmp_path: Path) -> None:
    looks, events = Looks(), list[Event]()

    def interrupting(event: Event) -> None:
        events.append(event)
        if event == ProbingConfigs(1, 3):
            raise KeyboardInterrupt

    with staged(tmp_path) as stage:
        context = RunContext(
            store=stage.store,
            driver=stage.driver,
            start=lambda stack, round_: FakeStack(stack, round_, 1, []),
            not_installed={},
            generator_cpus=CPUS,
            observer=interrupting,
            probe=looks,
        )
        with pytest.raises(KeyboardInterrupt):
            probe_configs(stage.store.load(stage.run), context)
        assert len(stage.store.load(stage.run).configurations) == 1
        look(stage, looks, [])
        assert len(stage.store.load(stage.run).configurations) == 3
