"""Experiments on real servers: what their documentation and their manifests say, seen to happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from living import RATE_PER_S, SHORT, context_for, held

from evidence import numbers_in
from timetrial.features.lifecycle.context import Lengths
from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.run_all import run_all_experiments
from timetrial.features.lifecycle.stack_summary import summarize_stack
from timetrial.model.events import Event, ExperimentRunning
from timetrial.model.experiment import (
    Experiment,
    ExperimentFailure,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.runner.prepare import Prepared

pytestmark = pytest.mark.live

SERVERS = ("gunicorn-gthread", "uvicorn", "granian-asgi", "hypercorn-asyncio", "waitress")
QUICK = replace(SHORT, reload_s=3.0, reload_of_a_worker_s=0.5)
"""For servers that replace all of their workers at once, or without a pause."""
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


@pytest.mark.parametrize("server", SERVERS)
def test_a_stack_starts_rests_and_ends_at_sigterm(server: str, tmp_path: Path) -> None:
    found = held(context_for(tmp_path, [server]), "stop")
    assert isinstance(found, Stopping), found
    assert 0 < found.startup_s < 30
    assert found.at_rest is not None
    assert found.after_load is not None
    assert found.after_load.total_bytes >= found.at_rest.total_bytes * 0.9
    assert found.exit_s is not None
    assert found.left == 0
    assert found.outcome.failed_before == 0
    # Some keep their listener until all of their workers are gone.
    assert found.outcome.refused > 0 or found.exit_s > SHORT.after_stop_s
    assert sum(found.outcome.failures) == found.outcome.counts.failed
    assert found.outcome.counts.arrivals == RATE_PER_S * (SHORT.before_s + SHORT.after_stop_s)


@pytest.mark.parametrize("server", list(RELOADING))
def test_a_reload_replaces_all_workers_and_the_server_stays(server: str, tmp_path: Path) -> None:
    found = held(context_for(tmp_path, [server], lengths=RELOADING[server]), "reload")
    assert isinstance(found, Reloading), found
    assert (found.ended, found.exit_code) == (False, None)
    assert found.replaced == found.workers >= 1
    assert found.came >= 1
    assert found.took_s is not None
    assert found.outcome.failed_before == 0


@pytest.mark.parametrize("server", RESPAWNING)
def test_a_killed_worker_comes_back(server: str, tmp_path: Path) -> None:
    found = held(context_for(tmp_path, [server]), "worker")
    assert isinstance(found, WorkerKilled), found
    assert not found.ended
    assert found.back_s is not None
    assert found.outcome is not None
    assert found.outcome.failed_before == 0
    assert sum(found.served) > 0


@pytest.mark.parametrize("server", ENDING)
def test_a_killed_worker_ends_a_server_whose_manifest_says_so(server: str, tmp_path: Path) -> None:
    context = context_for(tmp_path, [server])
    known = [limit.what for limit in context.prepared.stacks[server].server.limits]
    assert any("when one worker" in what for what in known)
    found = held(context, "worker")
    assert isinstance(found, WorkerKilled), found
    assert found.ended
    assert found.back_s is None
    (first, *_) = remarks(summarize_stack(server, 2, [found]))
    assert "one worker dies" in first


def test_a_server_of_one_process_has_no_worker_to_lose(tmp_path: Path) -> None:
    found = held(context_for(tmp_path, ["waitress"]), "worker")
    assert isinstance(found, WorkerKilled)
    assert found.outcome is None


def test_a_reload_ends_a_server_whose_manifest_says_so(tmp_path: Path) -> None:
    context = context_for(tmp_path, ["uwsgi"], lengths=QUICK)
    known = [limit.what for limit in context.prepared.stacks["uwsgi"].server.limits]
    assert any(what.startswith("SIGHUP") and "the whole server" in what for what in known)
    found = held(context, "reload")
    assert isinstance(found, Reloading), found
    assert found.ended
    (first, *_) = remarks(summarize_stack("uwsgi", 2, [found]))
    assert first.startswith("SIGHUP ends")


def test_a_reload_of_one_uvicorn_process_ends_it(tmp_path: Path) -> None:
    found = held(context_for(tmp_path, ["uvicorn"], workers=1, lengths=QUICK), "reload")
    assert isinstance(found, Reloading), found
    assert found.ended


def test_requests_under_way_are_seen_to_be_lost_or_kept(tmp_path: Path) -> None:
    context = context_for(tmp_path, ["uvicorn"], workload="wait_50ms")
    found = held(context, "stop")
    assert isinstance(found, Stopping), found
    assert (found.outcome.in_flight or 0) > 0
    assert found.outcome.cut_off == 0


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
