"""The speed of the server's CPUs is read in each window, and says when it is not."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fake_stacks import CPUS, STACKS, Stage, benchmark, small_suite, staged
from timetrial import _engine
from timetrial.cli.main import main
from timetrial.machine import speed_probe
from timetrial.machine.placement import Placement
from timetrial.machine.speed_probe import Refused, SpeedProbe, asked_for, open_probe
from timetrial.model import BadInput, CpuSpeed, ProbeRefusal, Run, Speed, unobserved
from timetrial.runner.execute import execute
from timetrial.runner.session import Session

APART = Placement((0,), (1,))


@dataclass
class FakeProbe:
    """A probe with the readings of windows of a second, given as CPU time in ms."""

    cpu_ms: float = 10.0
    amount: int = 5_000
    calls: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.calls.append("begin")

    def end(self) -> list[tuple[int, int, float, int, int]]:
        self.calls.append("end")
        return [(cpu, 50, 12.2, round(self.cpu_ms * 1e6), 1_000_000_000) for cpu in (*CPUS, 99)]


def run_with(stage: Stage, probe: FakeProbe) -> Run:
    return execute(stage.run, dataclasses.replace(stage.context(), speed_probe=SpeedProbe(probe)))


def test_each_window_has_the_readings_of_its_servers_cpus(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        probe = FakeProbe()
        run = run_with(stage, probe)
    windows = [window for m in run.measurements for window in m.windows]
    expected = Speed(5_000, tuple(CpuSpeed(cpu, 50, 12.2, 0.01) for cpu in CPUS))
    assert {window.speed for window in windows} == {expected}
    assert probe.calls == ["begin", "end"] * len(windows)
    assert {m.surroundings.probe_refusal for m in run.measurements if m.surroundings} == {None}


def test_without_a_probe_windows_have_no_speed(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run = stage.execute()
    assert {window.speed for m in run.measurements for window in m.windows} == {None}


def test_a_probe_that_takes_too_much_of_a_cpu_ends_and_says_so(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        probe = FakeProbe(cpu_ms=16.0)
        run = run_with(stage, probe)
    speeds = [window.speed for m in run.measurements for window in m.windows]
    assert sum(speed is not None for speed in speeds) == 1
    assert probe.calls == ["begin", "end"]
    assert run.measurements[-1].surroundings is not None
    assert run.measurements[-1].surroundings.probe_refusal == "too-costly"


def test_servers_that_are_loaded_together_have_no_speed_of_their_own(tmp_path: Path) -> None:
    duet = dataclasses.replace(benchmark("duet", STACKS[:2]), mode="duet")
    suite = dataclasses.replace(small_suite(rounds=1), benchmarks=(duet,))
    with staged(tmp_path, suite) as stage:
        probe = FakeProbe()
        run = run_with(stage, probe)
    assert probe.calls == []
    refusals = {m.surroundings.probe_refusal for m in run.measurements if m.surroundings}
    assert refusals == {"loaded-together"}


def test_a_run_goes_on_with_the_work_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int | None] = []

    def opens(_placement: Placement, amount: int | None = None) -> SpeedProbe:
        opened.append(amount)
        return SpeedProbe(FakeProbe(amount=amount or 1))

    monkeypatch.setattr(speed_probe, "open_probe", opens)
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run_with(stage, FakeProbe(amount=4_321))
        other = SpeedProbe(FakeProbe(amount=7))
        for given, wish, amount in [(None, None, 4_321), (other, True, 4_321), (None, False, None)]:
            session = Session(stage.store, tmp_path, unobserved, APART, given, reads_speed=wish)
            context = dataclasses.replace(stage.context(), speed_probe=given)
            context = session._as_begun(stage.run, context)
            found = context.speed_probe
            assert (None if found is None else found.amount) == amount
    assert opened == [4_321, 4_321]


def refusing(reason: str) -> type:
    class Refusing:
        def __init__(self, *_cpus: object, **_amount: object) -> None:
            raise _engine.ProbeRefused(reason, "not permitted")

    return Refusing


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no-thread-clock", "clock of a thread's CPU time"),
        ("no-affinity", "pinned to the servers' CPUs (not permitted)"),
        ("too-costly", "more than 1.5 % of a CPU"),
    ],
)
def test_a_probe_that_cannot_be_is_refused_with_its_reason(
    reason: ProbeRefusal, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_engine, "SpeedProbe", refusing(reason))
    with pytest.raises(Refused) as refused:
        open_probe(APART)
    assert refused.value.reason == reason
    with pytest.raises(BadInput) as bad:
        asked_for(APART)
    assert said in str(bad.value)


def test_a_cpu_that_is_shared_with_the_engine_has_no_probe() -> None:
    with pytest.raises(BadInput, match="share their CPUs"):
        asked_for(Placement((0,), (0,)))


@pytest.mark.parametrize("words", [["run", "quick"], ["race", "shop:app"]])
def test_a_wish_that_cannot_be_fulfilled_is_one_sentence(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "shop.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'hello'})\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_engine, "SpeedProbe", refusing("no-thread-clock"))
    store = tmp_path / "runs.db"
    monkeypatch.setattr(sys, "argv", ["timetrial", *words, "--probe", "--store", str(store)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if "--probe" in line]
    assert "no clock of a thread's CPU time" in sentence
    assert not store.exists()


def test_the_engines_own_probe_reads() -> None:
    placement = Placement((0,), (1,))
    probe = open_probe(placement, amount=100)
    probe.begin()
    span = probe.end((0,))
    assert span is not None
    assert span.speed.amount == 100
    assert [cpu.cpu for cpu in span.speed.cpus] == [0]
