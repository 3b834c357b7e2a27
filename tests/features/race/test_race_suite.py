"""The suite of a race: the same means for all, as long as the budget bears, and who is left."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from races import a_project
from timetrial.catalog import Catalog, load_catalog
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.resume import difference
from timetrial.features.race.suite import (
    AT_LEAST_ROUNDS,
    RaceSettings,
    budget_of,
    clamped,
    in_windows_for,
    race_info_of,
    race_suite,
    trial_s,
    with_project,
    with_workload,
    without,
    word,
)
from timetrial.model.errors import BadInput
from timetrial.model.load import CapacityShareLoad, ClosedLoad
from timetrial.model.race_info import ExcludedServer
from timetrial.model.stop_rule import Budget
from timetrial.model.suite import DraftSuite
from timetrial.model.workload import Expectation, Interface, Workload

TERMS = RaceSettings(workers=3, threads=4, connections=64)
SERVERS = "gunicorn-gthread,uvicorn,waitress"


@pytest.fixture(scope="module", name="catalog")
def _catalog() -> Catalog:
    return load_catalog()


def asked(path: str = "/", expect: Expectation | None = None) -> Workload:
    paths: dict[Interface, str] = {"wsgi": path, "asgi": path}
    return Workload.of("paths", paths, expect)


def suite_of(
    catalog: Catalog, servers: str | None = SERVERS, terms: RaceSettings = TERMS, path: str = "/"
) -> DraftSuite:
    project, workload = a_project("wsgi", "asgi"), asked(path)
    field = eligible_servers(catalog, project, servers)
    return race_suite(with_project(catalog, project, workload), project, field, workload, terms)


def shapes(suite: DraftSuite) -> dict[str, tuple[int, int]]:
    return {stack.name: (stack.workers, stack.threads) for stack in suite.stacks}


def test_all_servers_have_the_same_processes_and_threads_as_far_as_they_can(
    catalog: Catalog,
) -> None:
    suite = suite_of(catalog)
    assert shapes(suite) == {"gunicorn-gthread": (3, 4), "uvicorn": (3, 1), "waitress": (1, 4)}
    assert race_info_of(suite).notes == clamped([catalog.servers["waitress"]], TERMS)
    assert clamped([catalog.servers["waitress"]], RaceSettings(1, 4, 64)) == ()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["waitress", "uvicorn"], "have 3 processes, waitress has 1: it is all that can be had"),
        (
            ["waitress", "meinheld", "daphne"],
            "have 3 processes, waitress and daphne have 1: it is all that can be had",
        ),
    ],
)
def test_servers_that_cannot_have_as_many_processes_are_named(
    catalog: Catalog, names: list[str], said: str
) -> None:
    (note,) = clamped([catalog.servers[name] for name in names], TERMS)
    assert note == f"Where the others {said} without a launcher."


def test_windows_at_saturation_last_several_response_times_of_a_slow_app(catalog: Catalog) -> None:
    suite = suite_of(catalog, terms=RaceSettings(1, 4, 16))
    quick, slow, idle = (
        in_windows_for(suite, s).benchmark("saturation") for s in (0.0005, 0.005, 1)
    )
    assert quick == suite.benchmark("saturation")
    # Sixteen wait for one another: 80 ms, of which a window has six.
    assert (slow.window_s, slow.lead_in_s, slow.windows) == pytest.approx((0.48, 0.12, 2))
    assert (idle.window_s, idle.lead_in_s, idle.windows) == (2.0, 0.5, 2)
    others = [in_windows_for(suite, 1).benchmark(name) for name in race_info_of(suite).latency]
    assert others == [suite.benchmark(name) for name in race_info_of(suite).latency]


def test_capacity_comes_first_and_then_response_times_at_a_share_of_the_smallest(
    catalog: Catalog,
) -> None:
    usual, thorough = (
        suite_of(catalog),
        suite_of(catalog, terms=RaceSettings(1, 4, 64, thorough=True)),
    )
    loads = [benchmark.load for benchmark in usual.benchmarks]
    assert isinstance(loads[0], ClosedLoad)
    assert [load.share for load in loads[1:] if isinstance(load, CapacityShareLoad)] == [0.5]
    assert race_info_of(usual).latency == ("at-50%",)
    assert [benchmark.name for benchmark in thorough.benchmarks] == [
        "saturation",
        "at-50%",
        "at-80%",
    ]
    assert all(benchmark.stacks == usual.benchmarks[0].stacks for benchmark in usual.benchmarks)


def test_only_the_project_can_be_meant_by_a_name(catalog: Catalog) -> None:
    project = dataclasses.replace(a_project("wsgi"), name="django")
    assert with_project(catalog, project, asked()).app("django").folder == project.root


@given(stacks=st.integers(2, 40), benchmarks=st.integers(1, 2), budget_s=st.floats(1, 3_600))
def test_a_trial_is_never_too_short_for_queues_nor_longer_than_it_serves(
    stacks: int, benchmarks: int, budget_s: float
) -> None:
    length_s = trial_s(stacks, benchmarks, budget_s)
    assert 1.5 <= length_s <= 5.0
    assert trial_s(stacks + 1, benchmarks, budget_s) <= length_s
    assert trial_s(stacks, benchmarks, budget_s + 1) >= length_s


def test_without_a_wish_a_race_takes_as_many_rounds_as_a_verdict_takes() -> None:
    assert budget_of().at_least_rounds == AT_LEAST_ROUNDS
    assert budget_of(30.0) == Budget(30.0)


def test_servers_that_cannot_start_leave_every_benchmark_with_their_reason(
    catalog: Catalog,
) -> None:
    excluded_servers = ExcludedServer("gunicorn-gthread", "did not start (no)")
    suite = without(suite_of(catalog), {excluded_servers.server: excluded_servers.why})
    assert "gunicorn-gthread" not in shapes(suite)
    assert all("gunicorn-gthread" not in benchmark.stacks for benchmark in suite.benchmarks)
    assert suite.control == "uvicorn"
    assert race_info_of(suite).excluded_servers == (excluded_servers,)


def test_where_no_server_is_left_the_first_reason_is_told(catalog: Catalog) -> None:
    gone = dict.fromkeys(shapes(suite_of(catalog)), "did not start (no such module)")
    with pytest.raises(BadInput, match="no server is left for the race; gunicorn-gthread: did not"):
        without(suite_of(catalog), gone)


@pytest.mark.parametrize(("name", "written"), [("my shop", "my-shop"), ("/", "/"), (" ", "race")])
def test_names_have_no_spaces(name: str, written: str) -> None:
    assert word(name) == written


def test_what_was_found_out_before_measuring_is_no_other_race(catalog: Catalog) -> None:
    begun = suite_of(catalog)
    begun = with_workload(begun, asked(expect=Expectation(body="hello")))
    begun = without(begun, {"waitress": "did not start (no)"})
    assert difference(begun, suite_of(catalog)) is None


@pytest.mark.parametrize(
    ("servers", "terms", "path", "what"),
    [
        ("uvicorn,waitress", TERMS, "/", "gunicorn-gthread takes no part now"),
        (f"{SERVERS},daphne", TERMS, "/", "daphne took no part then"),
        (
            SERVERS,
            RaceSettings(1, 4, 64),
            "/",
            "gunicorn-gthread: WSGI, 3 × 4 (workers × threads) then",
        ),
        (SERVERS, RaceSettings(3, 4, 32), "/", "the load: 64 connections then, 32 connections now"),
        (SERVERS, TERMS, "/items", "the requests: GET / then, GET /items now"),
        (SERVERS, RaceSettings(3, 4, 64, thorough=True), "/", "response times: at-50% then"),
    ],
)
def test_another_race_is_told_by_what_differs(
    catalog: Catalog, servers: str, terms: RaceSettings, path: str, what: str
) -> None:
    found = difference(suite_of(catalog), suite_of(catalog, servers, terms, path))
    assert found is not None
    assert found.startswith(what)
