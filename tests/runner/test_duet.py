"""A duet loads two stacks at once, keeps the windows of both or none, and shares CPUs evenly."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from fake_stacks import FakeStack, Stage, benchmark, failed, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.measurement import ProcessStamp
from timetrial.model.run import Run
from timetrial.model.suite import Suite


def duets(*stacks: str, rounds: int = 1) -> Suite:
    duet = dataclasses.replace(benchmark("hello", stacks), mode="duet")
    return dataclasses.replace(small_suite(rounds, stacks), benchmarks=(duet,))


def windows_of(run: Run) -> dict[str, list[int]]:
    return {m.trial.cell.stack: [window.index for window in m.windows] for m in run.measurements}


def test_both_of_a_pair_are_loaded_in_the_same_windows(tmp_path: Path) -> None:
    with staged(tmp_path, duets("gunicorn", "uvicorn", rounds=3)) as stage:
        run = stage.execute()
    assert run.pending() == ()
    assert stage.driver.open_sessions == 0
    for round_ in (1, 2, 3):
        one, other = (m.windows for m in run.measurements if m.trial.round == round_)
        assert [w.index for w in one] == [w.index for w in other] == [0, 1]
        assert [w.opened_ns for w in one] == [w.opened_ns for w in other]


def test_of_three_each_pair_meets_over_connections_of_its_own(tmp_path: Path) -> None:
    with staged(tmp_path, duets("gunicorn", "uvicorn", "waitress")) as stage:
        run = stage.execute()
    found = windows_of(run)
    assert sorted(index for own in found.values() for index in own) == sorted([*range(6)] * 2)
    assert all(len(own) == 4 for own in found.values())
    pairs = [opened.targets for opened in stage.driver.sessions if len(opened.targets) == 2]
    assert len({frozenset(target.address for target in pair) for pair in pairs}) == 3


def test_the_generators_cpu_time_is_that_of_both_halves(tmp_path: Path) -> None:
    with staged(tmp_path, duets("gunicorn", "uvicorn")) as stage:
        run = stage.execute()
    shares = [w.generator_cpu_s / w.length_s for m in run.measurements for w in m.windows]
    assert shares == pytest.approx([0.2] * 4)


def test_windows_without_a_partner_do_not_count(tmp_path: Path) -> None:
    with staged(tmp_path, duets("gunicorn", "uvicorn")) as stage:
        run = _with_death_of("uvicorn", stage)
    assert run.measurements == ()
    assert sorted(failed(run)) == [(1, "hello", "gunicorn"), (1, "hello", "uvicorn")]
    reasons = {failure.stack: failure.reason for failure in run.failures}
    assert reasons["uvicorn"] == "died under load (exited with code 1)"
    assert "the others failed" in reasons["gunicorn"]


def test_who_loses_a_partner_goes_on_with_the_others(tmp_path: Path) -> None:
    with staged(tmp_path, duets("gunicorn", "uvicorn", "waitress")) as stage:
        run = _with_death_of("uvicorn", stage)
    assert sorted(windows_of(run)) == ["gunicorn", "waitress"]
    assert failed(run) == [(1, "hello", "uvicorn")]


@pytest.mark.parametrize("could", [True, False])
def test_whether_cpus_were_shared_evenly_is_kept(could: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    seen: list[list[int]] = []

    @contextlib.contextmanager
    def share(_name: str, trees: Sequence[Collection[ProcessStamp]]) -> Iterator[bool]:
        seen.append([len(tree) for tree in trees])
        yield could

    with staged(tmp_path, duets("gunicorn", "uvicorn")) as stage:
        run = stage.execute(share_evenly=share)
    assert seen == [[1, 1]]
    assert {m.equal_shares for m in run.measurements} == {could}


def test_windows_that_alternate_share_nothing(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run = stage.execute()
    assert {m.equal_shares for m in run.measurements} == {None}


def _with_death_of(name: str, stage: Stage) -> Run:
    def scene(stack: FakeStack, drive: LoadSpec, _path: str) -> Scene | None:
        if stack.name == name and drive.lead_in_s:
            stack.alive = False
        return None

    stage.script(scene)
    return stage.execute()
