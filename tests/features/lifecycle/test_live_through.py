"""Experiments on real servers: what their documentation and their manifests say, seen to happen."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from living import RATE_PER_S, SHORT, context_for, held

from evidence import numbers_in
from timetrial.catalog import load_catalog
from timetrial.features.lifecycle.context import Lengths
from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.run_all import run_all_experiments
from timetrial.features.lifecycle.stack_summary import summarize_stack
from timetrial.model.events import Event, ExperimentRunning
from timetrial.model.experiment import (
    Experiment,
    ExperimentFailure,
    Kind,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.runner.prepare import Prepared

pytestmark = pytest.mark.live

SERVERS = ("gunicorn-gthread", "uvicorn", "granian-asgi", "hypercorn-asyncio", "waitress")
QUICK = replace(SHORT, reload_s=4.0, reload_of_a_worker_s=0.5)
"""For servers that replace all of their workers at once, or without a pause."""
AT_ONCE = 2
"""Experiments that are held together: they wait most of the time, and none asserts how long."""
RELOADING = {
    "gunicorn-gthread": QUICK,
    "gunicorn-asgi": QUICK,
    "uvicorn": QUICK,
    "granian-asgi": SHORT,
    "granian-wsgi": SHORT,
}
BARELY = Lengths(
    before_s=0.2, after_stop_s=0.5, after_kill_s=0.5, reload_s=0.5, reload_of_a_worker_s=0.0,
    load_s=0.2, warm_s=0.2, pilot_s=0.2, exit_within_s=60.0,
)  # fmt: skip
"""For what needs experiments to be held, and not what they find."""
RESPAWNING = ("gunicorn-gthread", "uvicorn", "uwsgi")
ENDING = ("granian-asgi", "hypercorn-asyncio")


@dataclass(frozen=True, slots=True)
class Case:
    """An experiment on one server of the catalog."""

    server: str
    kind: Kind
    lengths: Lengths = SHORT
    workers: int = 2
    workload: str = "hello"

    def held(self, folder: Path) -> Experiment:
        folder.mkdir()
        context = context_for(
            folder,
            [self.server],
            workers=self.workers,
            workload=self.workload,
            lengths=self.lengths,
        )
        return held(context, self.kind)


RELOAD_THAT_ENDS = Case("uwsgi", "reload", QUICK)
RELOAD_OF_ONE = Case("uvicorn", "reload", QUICK, workers=1)
WORKER_OF_ONE = Case("waitress", "worker")
STOP_UNDER_WAY = Case("uvicorn", "stop", workload="wait_50ms")
CASES = (
    *(Case(server, "reload", lengths) for server, lengths in reversed(RELOADING.items())),
    *(Case(server, "worker") for server in (*RESPAWNING, *ENDING)),
    *(Case(server, "stop") for server in SERVERS),
    *(RELOAD_THAT_ENDS, RELOAD_OF_ONE, WORKER_OF_ONE, STOP_UNDER_WAY),
)
Found = Mapping[Case, Future[Experiment]]


@pytest.fixture(name="found", scope="module")
def _found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("experiments")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            case: pool.submit(case.held, folder / str(number)) for number, case in enumerate(CASES)
        }


@pytest.mark.parametrize("server", SERVERS)
def test_a_stack_starts_rests_and_ends_at_sigterm(server: str, found: Found) -> None:
    stop = found[Case(server, "stop")].result()
    assert isinstance(stop, Stopping), stop
    assert 0 < stop.startup_s < 30
    assert stop.at_rest is not None
    assert stop.after_load is not None
    assert stop.after_load.total_bytes >= stop.at_rest.total_bytes * 0.9
    assert stop.exit_s is not None
    assert stop.left == 0
    assert stop.outcome.failed_before == 0
    # Some keep their listener until all of their workers are gone.
    assert stop.outcome.refused > 0 or stop.exit_s > SHORT.after_stop_s
    assert sum(stop.outcome.failures) == stop.outcome.counts.failed
    assert stop.outcome.counts.arrivals == RATE_PER_S * (SHORT.before_s + SHORT.after_stop_s)


@pytest.mark.parametrize("server", list(RELOADING))
def test_a_reload_replaces_all_workers_and_the_server_stays(server: str, found: Found) -> None:
    reload = found[Case(server, "reload", RELOADING[server])].result()
    assert isinstance(reload, Reloading), reload
    assert (reload.ended, reload.exit_code) == (False, None)
    assert reload.replaced == reload.workers >= 1
    assert reload.came >= 1
    assert reload.took_s is not None
    assert reload.outcome.failed_before == 0


@pytest.mark.parametrize("server", RESPAWNING)
def test_a_killed_worker_comes_back(server: str, found: Found) -> None:
    killed = found[Case(server, "worker")].result()
    assert isinstance(killed, WorkerKilled), killed
    assert not killed.ended
    assert killed.back_s is not None
    assert killed.outcome is not None
    assert killed.outcome.failed_before == 0
    assert sum(killed.served) > 0


@pytest.mark.parametrize("server", ENDING)
def test_a_killed_worker_ends_a_server_whose_manifest_says_so(server: str, found: Found) -> None:
    assert any("when one worker" in what for what in limits_of(server))
    killed = found[Case(server, "worker")].result()
    assert isinstance(killed, WorkerKilled), killed
    assert killed.ended
    assert killed.back_s is None
    (first, *_) = remarks(summarize_stack(server, 2, [killed]))
    assert "one worker dies" in first


def limits_of(server: str) -> list[str]:
    return [limit.what for limit in load_catalog().server(server).limits]


def test_a_server_of_one_process_has_no_worker_to_lose(found: Found) -> None:
    killed = found[WORKER_OF_ONE].result()
    assert isinstance(killed, WorkerKilled)
    assert killed.outcome is None


def test_a_reload_ends_a_server_whose_manifest_says_so(found: Found) -> None:
    known = limits_of("uwsgi")
    assert any(what.startswith("SIGHUP") and "the whole server" in what for what in known)
    reload = found[RELOAD_THAT_ENDS].result()
    assert isinstance(reload, Reloading), reload
    assert reload.ended
    (first, *_) = remarks(summarize_stack("uwsgi", 2, [reload]))
    assert first.startswith("SIGHUP ends")


def test_a_reload_of_one_uvicorn_process_ends_it(found: Found) -> None:
    reload = found[RELOAD_OF_ONE].result()
    assert isinstance(reload, Reloading), reload
    assert reload.ended


def test_requests_under_way_are_seen_to_be_lost_or_kept(found: Found) -> None:
    stop = found[STOP_UNDER_WAY].result()
    assert isinstance(stop, Stopping), stop
    assert (stop.outcome.in_flight or 0) > 0
    assert stop.outcome.cut_off == 0


def test_stacks_take_turns_and_what_was_held_is_not_held_again(tmp_path: Path) -> None:
    context = context_for(tmp_path, ["gunicorn-gthread", "waitress"], lengths=BARELY)
    kept: list[Experiment] = []
    events: list[Event] = []
    done = run_all_experiments(context, kept.append, events.append, repeats=1, seed=3)
    assert list(done) == kept
    assert len(kept) == 3 + 2
    assert not any(isinstance(each, ExperimentFailure) for each in kept)
    told = [event for event in events if isinstance(event, ExperimentRunning)]
    assert [event.occasion.repeat for event in told] == [0, 0, 1, 1, 1, 1, 1]
    events.clear()
    again = run_all_experiments(context, kept.append, events.append, repeats=1, seed=3, held=kept)
    assert set(again) == set(done)
    assert (len(kept), events) == (5, [])


def test_a_stack_that_does_not_start_is_a_setback_and_the_others_go_on(tmp_path: Path) -> None:
    context = context_for(tmp_path, ["waitress", "uwsgi"], lengths=BARELY)
    parts = context.prepared.stacks["uwsgi"]
    command = ("{bin}/python", "-c", "raise SystemExit('no')")
    broken = replace(parts, server=parts.server.model_copy(update={"command": command}))
    prepared = Prepared({**context.prepared.stacks, "uwsgi": broken}, {})
    context = replace(context, prepared=prepared)
    kept: list[Experiment] = []
    run_all_experiments(context, kept.append, lambda _event: None, repeats=1)
    (setback,) = [each for each in kept if isinstance(each, ExperimentFailure)]
    assert setback.occasion.stack == "uwsgi"
    assert setback.reason.startswith("start: exited")
    assert numbers_in(setback.reason) == [1]
    assert {each.occasion.stack for each in kept} == {"waitress", "uwsgi"}
