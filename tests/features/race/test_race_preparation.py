"""Before a race all servers are started and asked: who cannot answer is named and left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from answering import running
from timetrial.catalog import load_catalog
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import RacePlan, answers_again, qualify_servers
from timetrial.features.race.suite import RaceSettings, race_info_of, race_suite, with_project
from timetrial.model.errors import AppFailed, StackFailed
from timetrial.model.suite import DraftSuite, Stack
from timetrial.model.workload import Request
from timetrial.project.project import Project
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.runner.prepare import Prepared
from timetrial.runner.starter import LiveStack, Starter
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch_builder import PreparedStack

ANSWER = "def answer(environ):\n    return page('hello')"
OTHERWISE = "def answer(environ):\n    return page('goodbye')"
FORBIDDEN = "def answer(environ):\n    return page('no', '403 Forbidden')"
FAILS = "def answer(environ):\n    raise LookupError('no shelf 7')"
DOWN = StackFailed("start", "the main process exited with code 1", "no module named shop")
SERVERS = ("cheroot", "gunicorn-gthread", "waitress")
MIX = Mix((Request("/"),), name="/")


def grid_and_suite(folder: Path, *, keep_failing: bool = False) -> tuple[RacePlan, DraftSuite]:
    project = Project("shop", folder, {"wsgi": "shop:app"}, folder / "python", "CPython 3.11.7")
    catalog, workload = load_catalog(), workload_of(MIX, project.targets)
    field = eligible_servers(catalog, project, ",".join(SERVERS))
    catalog = with_project(catalog, project, workload)
    suite = race_suite(catalog, project, field, workload, RaceSettings(1, 4, 8))
    return RacePlan(catalog, project, MIX, keep_failing), suite


def prepared(
    race_plan: RacePlan, suite: DraftSuite, not_installed: Mapping[str, StackFailed]
) -> Prepared:
    environment = Environment(Path("python"), Path(), ("waitress==3.0.2",), "CPython 3.11.7")
    app = race_plan.catalog.app("shop")
    stacks = {
        stack.name: PreparedStack(
            stack, race_plan.catalog.server(stack.server), app, environment, Path()
        )
        for stack in suite.stacks
        if stack.name not in not_installed
    }
    return Prepared(stacks, not_installed)


@contextmanager
def starting(folder: Path, apps: Mapping[str, str | StackFailed]) -> Iterator[Starter]:
    """Let servers be up with their own answers, or fail."""
    codes = {name: code for name, code in apps.items() if isinstance(code, str)}
    with running(folder, codes) as up:

        def start(stack: Stack, round_: int) -> LiveStack:
            del round_
            given = apps[stack.name]
            if isinstance(given, StackFailed):
                raise given
            return up[stack.name]

        yield start


def lined_up(
    folder: Path,
    apps: Mapping[str, str | StackFailed],
    *,
    keep_failing: bool = False,
    not_installed: Mapping[str, StackFailed] | None = None,
) -> DraftSuite:
    race_plan, suite = grid_and_suite(folder, keep_failing=keep_failing)
    with starting(folder, {**dict.fromkeys(SERVERS, ANSWER), **apps}) as start:
        ready = prepared(race_plan, suite, not_installed or {})
        return qualify_servers(race_plan, suite, ready, start, lambda _event: None)


def names(suite: DraftSuite) -> list[str]:
    return [stack.name for stack in suite.stacks]


def excluded_servers(suite: DraftSuite) -> dict[str, str]:
    return {excluded.server: excluded.why for excluded in race_info_of(suite).excluded_servers}


def test_what_all_answer_is_expected_of_all_and_each_can_be_deployed(tmp_path: Path) -> None:
    suite = lined_up(tmp_path, {})
    assert names(suite) == list(SERVERS)
    assert all(benchmark.workload.expect.body == "hello" for benchmark in suite.benchmarks)
    deployments = {deployment.stack: deployment for deployment in race_info_of(suite).deployments}
    assert list(deployments) == list(SERVERS)
    assert deployments["waitress"].packages == ("waitress==3.0.2",)


def test_a_race_that_goes_on_asks_again_what_to_expect(tmp_path: Path) -> None:
    race_plan, suite = grid_and_suite(tmp_path)
    with starting(tmp_path, {**dict.fromkeys(SERVERS, OTHERWISE), "cheroot": DOWN}) as start:
        ready = prepared(race_plan, suite, {})
        workload = answers_again(race_plan, suite, ready, start, lambda _event: None)
    assert workload.expect.body == "goodbye"


def test_who_does_not_start_takes_no_part_and_is_named_with_why(tmp_path: Path) -> None:
    suite = lined_up(tmp_path, {"cheroot": DOWN})
    assert names(suite) == ["gunicorn-gthread", "waitress"]
    assert excluded_servers(suite).keys() == {"cheroot"}
    assert excluded_servers(suite)["cheroot"].endswith(f"not start ({DOWN.reason})")
    assert suite.control == "gunicorn-gthread"


def test_who_could_not_be_installed_takes_no_part(tmp_path: Path) -> None:
    failed = {"waitress": StackFailed("install", "installing waitress ended with exit code 1")}
    suite = lined_up(tmp_path, {}, not_installed=failed)
    assert excluded_servers(suite)["waitress"].endswith(
        f"be installed ({failed['waitress'].reason})"
    )


def test_who_answers_with_another_status_takes_no_part(tmp_path: Path) -> None:
    suite = lined_up(tmp_path, {"cheroot": FORBIDDEN})
    assert excluded_servers(suite).keys() == {"cheroot"}
    assert "status 403" in excluded_servers(suite)["cheroot"]


def test_who_answers_otherwise_stays_and_is_marked(tmp_path: Path) -> None:
    suite = lined_up(tmp_path, {"cheroot": OTHERWISE})
    marked = {stack.name: bool(stack.differs) for stack in suite.stacks}
    assert marked == {"cheroot": True, "gunicorn-gthread": False, "waitress": False}


def test_servers_that_were_named_stay_whatever_becomes_of_them(tmp_path: Path) -> None:
    suite = lined_up(tmp_path, {"cheroot": DOWN}, keep_failing=True)
    assert names(suite) == list(SERVERS)
    assert excluded_servers(suite) == {}


def test_an_app_that_no_server_can_start_says_so_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(AppFailed, match="no server could start it; cheroot: ") as e:
        lined_up(tmp_path, dict.fromkeys(SERVERS, DOWN))
    assert DOWN.reason in str(e.value)
    assert e.value.detail == DOWN.log_tail


def test_an_app_that_fails_on_all_servers_stops_the_race(tmp_path: Path) -> None:
    with pytest.raises(AppFailed, match="no shelf 7"):
        lined_up(tmp_path, dict.fromkeys(SERVERS, FAILS))


def test_servers_are_stopped_whatever_happens(tmp_path: Path) -> None:
    live: list[LiveStack] = []
    race_plan, suite = grid_and_suite(tmp_path)
    with starting(tmp_path, dict.fromkeys(SERVERS, FAILS)) as start:

        def kept(stack: Stack, round_: int) -> LiveStack:
            live.append(start(stack, round_))
            return live[-1]

        with pytest.raises(AppFailed):
            qualify_servers(
                race_plan, suite, prepared(race_plan, suite, {}), kept, lambda _event: None
            )
        assert len(live) == len(SERVERS)
        assert not any(one.is_alive() for one in live)
