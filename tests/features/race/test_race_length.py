"""A race ends when it said that it would: its rounds are made to fit before any is measured."""

from __future__ import annotations

import dataclasses
import heapq
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_stacks import FakeStack, Stage, benchmark, staged
from runs import A_MACHINE, a_stack
from timetrial.analysis.checks.round_exclusion import ExcludedRounds
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.features.race.length import SeenBefore, expected, fitted, round_s
from timetrial.features.race.length_text import length_text
from timetrial.features.race.suite import AT_LEAST_ROUNDS, BUDGET_S
from timetrial.machine.clock import Clock
from timetrial.model.events import Event, ProvisionalRanking, RaceExpected, RunStarted
from timetrial.model.load import CapacityShareLoad, ClosedLoad
from timetrial.model.measurement import MachineConditions
from timetrial.model.plan import plan
from timetrial.model.race_info import RaceInfo
from timetrial.model.run import Run
from timetrial.model.stop_rule import Budget
from timetrial.model.suite import DraftSuite, Stack, WarmUp
from timetrial.model.units import NS_PER_S, nanoseconds
from timetrial.runner.execute import execute
from timetrial.runner.metering import TrialMeter, WindowCost
from timetrial.runner.pilot import resolved
from timetrial.runner.start_all import AT_ONCE, StartTimes, started_stacks

FIRST_RANKING_S = 45.0
OVER = 1.1
BESIDES_NS = NS_PER_S // 10
"""Between a start and what follows it."""


@pytest.fixture(autouse=True)
def _undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no round be disturbed, whatever else runs on this machine."""
    none = ExcludedRounds((), 0)
    monkeypatch.setattr("timetrial.analysis.cell_analysis.exclude_rounds", lambda _found: none)
    cost = WindowCost(None, None, None, alone=False)
    monkeypatch.setattr(TrialMeter, "end", lambda _meter: cost)
    conditions = MachineConditions(1.0, (1,), 2)
    monkeypatch.setattr(TrialMeter, "surroundings", lambda _meter: conditions)


def draft_of(servers: int, window_s: float = 0.15, lead_in_s: float = 0.05) -> DraftSuite:
    names = [f"server-{number}" for number in range(servers)]
    saturation = dataclasses.replace(
        benchmark("saturation", names),
        load=ClosedLoad(16),
        window_s=window_s,
        lead_in_s=lead_in_s,
        windows=6,
    )
    at_half = dataclasses.replace(
        saturation,
        name="at-50%",
        load=CapacityShareLoad(0.5, connections=100),
        mode="whole",
        windows=1,
        window_s=1.5,
        lead_in_s=0.05,
    )
    return DraftSuite(
        name="race",
        title="Race",
        stacks=tuple(map(a_stack, names)),
        benchmarks=(saturation, at_half),
        rounds=AT_LEAST_ROUNDS,
        warm_up=WarmUp(requests=1_000, at_most_s=1.0, at_least_s=0.5),
        race_info=RaceInfo("app", "", "/", "saturation", ("at-50%",)),
    )


@dataclass
class Starting:
    """Starts that take their time: several at once before all rounds, later one by one."""

    stage: Stage
    takes_s: dict[str, float]
    slower: float = 1.0
    """How much longer starts take in rounds than before them."""
    free_ns: list[int] = field(default_factory=list)
    """When each of those that start at once has started, and another can."""
    lock: Lock = field(default_factory=Lock)

    def __call__(self, stack: Stack, round_: int) -> FakeStack:
        with self.lock:
            driver = self.stage.driver
            clock = Clock(lambda: driver.now_ns, lambda _wait_s: None)
            number = len(self.stage.stacks) + 1
            running = FakeStack(stack, round_, number, self.stage.stopped, clock)
            took_ns = nanoseconds(self.takes_s[stack.name] * (self.slower if round_ else 1.0))
            running.started_ns = driver.now_ns if round_ else self._turn()
            running.ready_ns = running.started_ns + took_ns
            if not round_:
                # The first is started alone: the others begin when it is up.
                count = 1 if self.free_ns else AT_ONCE
                for _ in range(count):
                    heapq.heappush(self.free_ns, running.ready_ns)
            driver.now_ns = max(driver.now_ns, running.ready_ns + BESIDES_NS)
            self.stage.stacks.append(running)
            return running

    def _turn(self) -> int:
        return heapq.heappop(self.free_ns) if self.free_ns else self.stage.driver.now_ns


@dataclass(frozen=True)
class Raced:
    """A race in virtual time."""

    run: Run
    expected: RaceExpected
    ended_s: float
    begun_s: float
    """When the first round began."""
    ranked_s: float
    started: RunStarted


def raced(
    folder: Path, servers: int, given_s: float | None = None, *, slower: float = 1.0
) -> Raced:
    """Race servers that start in 0.3 to 4 s and answer 100 to 4,000 requests a second."""
    draft = draft_of(servers, window_s=0.6, lead_in_s=0.15)
    names = [stack.name for stack in draft.stacks]
    shares = [number / max(1, servers - 1) for number in range(servers)]
    takes_s = dict(zip(names, (0.3 + 3.7 * share for share in shares), strict=True))
    rates = dict(zip(names, (100 * 40**share for share in shares), strict=True))
    with staged(folder) as stage:

        def scene(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene:
            swing = (stack.launch.port * 7_919 % 101 % 11 - 5) / 5
            return Scene(rates[stack.name] * (1 + 0.01 * swing))

        told: list[tuple[float, Event]] = []
        stage.script(scene)
        stage.on_event = lambda event: told.append((stage.driver.now_ns / NS_PER_S, event))
        start = Starting(stage, takes_s, slower)
        context = dataclasses.replace(stage.context(), start=start)
        with started_stacks(draft.stacks, start, stage.on_event) as up:
            now_s = context.clock.now_s
            draft = fitted(draft, SeenBefore(up.times, now_s()), given_s)
            before = expected(draft, given_s)
            suite = resolved(draft, context, A_MACHINE, 1, up.running)
            suite = fitted(suite, SeenBefore(up.times, now_s()), given_s)
        begun_s = now_s()
        number = stage.store.create_run(plan(suite, 1), A_MACHINE, [], "0", "now")
        run = execute(number, context)
        (started,) = (event for _, event in told if isinstance(event, RunStarted))
        ranked_s = next(at_s for at_s, event in told if isinstance(event, ProvisionalRanking))
        return Raced(run, before, now_s(), begun_s, ranked_s, started)


@pytest.mark.parametrize("servers", [3, 6, 9, 15, 24])
def test_a_race_ends_within_its_budget_and_when_it_said(servers: int, tmp_path: Path) -> None:
    race = raced(tmp_path, servers)
    budget = race.run.plan.suite.stop_rule
    assert isinstance(budget, Budget)
    assert budget.seconds >= BUDGET_S
    assert race.ended_s <= OVER * budget.seconds
    assert race.ended_s >= 0.8 * budget.seconds
    assert budget.seconds == pytest.approx(race.expected.budget_s, rel=0.25)
    assert race.run.rounds_due() >= AT_LEAST_ROUNDS
    took_s = race.ended_s - race.begun_s
    assert took_s == pytest.approx(race.started.expected_s, rel=0.1)
    assert race.ranked_s <= FIRST_RANKING_S


@pytest.mark.parametrize(("servers", "slower"), [(6, 1.0), (9, 1.3)])
def test_a_given_budget_is_kept_also_where_starts_become_slower(
    servers: int, slower: float, tmp_path: Path
) -> None:
    race = raced(tmp_path, servers, 240.0, slower=slower)
    assert race.run.rounds_due() >= AT_LEAST_ROUNDS
    assert race.ended_s <= OVER * 240


def test_a_given_budget_that_holds_no_verdict_says_so_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    race = raced(tmp_path, 9, 60.0)
    said = length_text(race.expected)
    assert said.startswith("9 servers: a verdict takes 3 rounds, about 3 min 10 s; in the ")
    assert said.endswith("1 min of --budget there is 1 round, and no verdict")
    assert race.run.rounds_due() == 1


SEEN = st.builds(
    SeenBefore, st.builds(StartTimes, st.floats(0.1, 4.0), st.floats(0.5, 60.0)), st.floats(0, 60)
)


@given(servers=st.integers(1, 30), seen=SEEN, given_s=st.none() | st.floats(1, 1_200))
def test_where_a_verdict_fits_the_rounds_that_it_takes_are_measured(
    servers: int, seen: SeenBefore, given_s: float | None
) -> None:
    suite = fitted(draft_of(servers), seen, given_s)
    budget = suite.stop_rule
    assert isinstance(budget, Budget)
    verdict_s = budget.before_s + AT_LEAST_ROUNDS * round_s(suite, seen)
    if given_s is None:
        assert budget.seconds >= max(BUDGET_S, verdict_s - 1)
        assert budget.at_least_rounds == AT_LEAST_ROUNDS
    elif budget.at_least_rounds == AT_LEAST_ROUNDS:
        assert verdict_s <= given_s + 1
    assert suite.rounds >= budget.at_least_rounds
    assert 1.0 <= suite.benchmark("at-50%").window_s <= 5.0
    assert suite.benchmark("saturation").windows in {2, 4, 6, 8, 10, 12}


def test_a_longer_budget_makes_no_trial_shorter() -> None:
    seen = SeenBefore(StartTimes(0.6, 3.0), 10.0)
    short, long = (fitted(draft_of(15), seen, given_s) for given_s in (150.0, 600.0))
    assert short.benchmark("at-50%").window_s <= long.benchmark("at-50%").window_s
    assert short.benchmark("saturation").windows <= long.benchmark("saturation").windows


def test_rounds_that_fit_into_a_given_budget_are_said() -> None:
    told = RaceExpected(1, 120.0, is_given=True, rounds=7, rounds_of_verdict=3, verdict_s=60.0)
    assert length_text(told) == "1 server: 7 rounds within 2 min"
