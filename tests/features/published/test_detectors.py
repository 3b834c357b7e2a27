"""What is to be doubted of published rows: each kind on a real row, and not on a sound one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samples import FIRST, SECOND, changed, real, rows_of, sound, sound_users
from timetrial.features.published.detectors import judge, reruns_differ
from timetrial.features.published.detectors.latency import (
    connect_stalls,
    late_responses,
    littles_law,
    zero_quantiles,
)
from timetrial.features.published.detectors.throughput import (
    client_ceiling,
    closed_batches,
    counted_failures,
    few_samples,
    no_service,
    waves,
    wrong_view,
)
from timetrial.features.published.row import Caveat, Figure, PublishedRow

DJANGO, DATABASE, PIPELINING = "django-workers", "sync-vs-async", "pipelining"


def found(doubt: Caveat | None) -> Caveat:
    assert doubt is not None
    return doubt


def _rerun(row: PublishedRow) -> Caveat | None:
    return reruns_differ(row, rows_of(row.suite))


FOUND = [
    pytest.param(
        late_responses,
        (DJANGO, "sync/gateway_3s", "gunicorn-gevent", FIRST),
        "late-responses",
        ("latency",),
        (
            "the mean is printed as 0 beside 8,257 responses: 8,257 of them took longer "
            "than wrk's limit of 2 s, and no latency was recorded."
        ),
        id="a mean of zero beside responses voids latencies",
    ),
    pytest.param(
        late_responses,
        (DJANGO, "sync/json_query", "gunicorn-gevent"),
        "late-responses",
        ("latency",),
        (
            "1,098 of 108,000 responses (1 %) took longer than 2 s and are in no latency: "
            "with them the mean is at least 122 ms, not 102 ms, and quantiles beyond 99 % "
            "are unknown."
        ),
        id="late responses void latencies where they would move the mean",
    ),
    pytest.param(
        client_ceiling,
        (DJANGO, "sync/gateway_10s", "gunicorn-gevent", FIRST),
        "ceiling-of-the-client",
        ("throughput",),
        (
            "2 waits of 10 s fit into 22 s, on 2,000 connections: 4,000 responses or 181 a "
            "second are the most that this load asks for, and 100 % of that came: the "
            "maximum was not measured."
        ),
        id="throughput of waits is the connections arithmetic",
    ),
    pytest.param(
        client_ceiling,
        (DATABASE, "visit", "uvicorn-2"),
        "ceiling-of-the-client",
        ("throughput",),
        (
            "10 users × 3 requests ÷ (0.1 s + 0.025 s) = 240 requests a second are the most that "
            "this load asks for, and 94 % of that came: the maximum was not measured."
        ),
        id="users who think cap the throughput",
    ),
    pytest.param(
        wrong_view,
        (DJANGO, "async/gateway_3s", "gunicorn-uvicorn", FIRST),
        "another-view",
        ("throughput", "latency"),
        (
            "26,358 responses came in 15.09 s on 2,000 connections, one in 1.15 s on each: "
            "with a wait of 3 s no more than 10,000 could have, so the requests went to a "
            "view that waits less."
        ),
        id="more responses than the wait allows came from another view",
    ),
    pytest.param(
        wrong_view,
        (DJANGO, "async/gateway_3s", "daphne"),
        "another-view",
        ("throughput", "latency"),
        (
            "the mean of the recorded latencies, 1.74 s, is less than the wait of 3 s that "
            "each request asked for: the requests went to a view that waits less."
        ),
        id="latencies below the wait came from another view",
    ),
    pytest.param(
        no_service,
        (PIPELINING, "depth-5", "japronto-hello"),
        "stopped-answering",
        ("throughput", "latency"),
        (
            "no response came at all, beside 123 read errors and 499,613 write errors: a "
            "failure, printed as 0 requests a second."
        ),
        id="no response at all is a failure and no speed",
    ),
    pytest.param(
        no_service,
        (PIPELINING, "depth-5", "sanic-hello"),
        "stopped-answering",
        ("throughput", "latency"),
        (
            "exactly one response came on each of 200 connections in 5 s, and then none: "
            "the rate of 39.28 a second is that count over the time."
        ),
        id="one response a connection is a server that hung",
    ),
    pytest.param(
        zero_quantiles,
        (PIPELINING, "depth-5", "tornado-hello"),
        "zero-quantiles",
        ("latency",),
        "p50, p75, p90, p99 are printed as 0 beside a mean of 122 ms.",
        id="quantiles of zero beside a mean are void",
    ),
    pytest.param(
        closed_batches,
        (PIPELINING, "depth-5", "uvloop-hello"),
        "closed-after-each-batch",
        ("throughput", "latency"),
        (
            "26,461 read errors for 132,595 responses in batches of 5, or 26,519 batches: "
            "the server closed the connection after each, and what was measured is "
            "reconnecting."
        ),
        id="a read error for each batch is reconnecting",
    ),
    pytest.param(
        littles_law,
        (DJANGO, "sync/brotli", "gunicorn-gevent"),
        "littles-law",
        ("latency",),
        (
            "2,000 in flight on 2,000 connections ÷ 417 requests a second = 4,790 ms a "
            "response; 52.5 ms are printed as the mean."
        ),
        id="littles law holds the printed mean against connections and throughput",
    ),
    pytest.param(
        few_samples,
        (DJANGO, "async/httpx", "gunicorn-uvicorn", FIRST),
        "few-samples",
        ("throughput", "latency"),
        "6 responses in 10 s: fewer than 100 give no place in a ranking.",
        id="less than a hundred responses rank nobody",
    ),
    pytest.param(
        counted_failures,
        (DJANGO, "sync/json", "daphne"),
        "failures-counted",
        ("throughput",),
        (
            "1,673 later than 2 s of 2,818 responses (59 %) are counted: without them it is"
            " 113 a second, not 279."
        ),
        id="failures that are most of the throughput void it",
    ),
    pytest.param(
        counted_failures,
        (DJANGO, "sync/gateway_10s", "daphne"),
        "failures-counted",
        ("throughput",),
        (
            "293 with another status of 2,253 responses (13 %) are counted: without them it"
            " is 88.9 a second, not 102."
        ),
        id="other statuses are failures too",
    ),
    pytest.param(
        connect_stalls,
        (DATABASE, "visit", "sync-2", FIRST),
        "connect-stalls",
        ("latency",),
        (
            "requests were blocked for up to 13.1 s before they had a connection, 39.4 ms "
            "on average beside a mean duration of 53.8 ms: the printed P95 of 141 ms leaves"
            " that out."
        ),
        id="stalls of connecting are left out of the printed duration",
    ),
    pytest.param(
        _rerun,
        (DATABASE, "visit", "sync-2", FIRST),
        "reruns-differ",
        (),
        (
            "measured twice under the same load: 4,740 and 4,506 responses, 78.901 and "
            "73.679 a second, 7.1 % apart."
        ),
        id="two runs of one row show the collections own noise",
    ),
    pytest.param(
        _rerun,
        (DJANGO, "sync/gateway_10s", "hypercorn-uvloop", FIRST),
        "reruns-differ",
        (),
        (
            "measured twice under the same load: 0 and 3,362 responses, 0 and 152.51 a "
            "second, one of them nothing at all."
        ),
        id="a rerun that gave nothing is said so",
    ),
]


@pytest.mark.parametrize(("find", "place", "name", "voids", "evidence"), FOUND)
def test_each_kind_of_doubt_has_what_it_voids_and_says_on_which_figures_it_rests(
    find: Callable[[PublishedRow], Caveat | None],
    place: tuple[str, ...],
    name: str,
    voids: tuple[Figure, ...],
    evidence: str,
) -> None:
    assert find(real(*place)) == Caveat(name, voids, evidence)


@pytest.mark.parametrize("row", [sound(), sound_users()], ids=["wrk", "k6"])
def test_nothing_is_said_against_a_sound_row(row: object) -> None:
    (judged,) = judge((row,))  # type: ignore[arg-type]  # parametrize forgets the type
    assert judged.doubts == ()


def test_a_few_late_responses_are_a_note() -> None:
    doubt = found(late_responses(real(DJANGO, "sync/json", "gunicorn-gevent")))
    assert doubt.severity == "note"


def test_a_server_below_the_ceiling_is_not_bound_by_it() -> None:
    assert client_ceiling(real(DJANGO, "sync/gateway_1s", "daphne")) is None
    assert client_ceiling(real(DATABASE, "visit", "sync-2")) is None


@pytest.mark.parametrize(
    ("duration_s", "wait_s", "fitting"),
    [(22, 10, 2), (15, 3, 4), (22, 3, 7), (10, 1, 9), (5, 9, 0)],
)
def test_a_wait_that_would_end_with_the_load_does_not_fit(
    duration_s: float, wait_s: float, fitting: int
) -> None:
    assert waves(duration_s, wait_s) == fitting


def test_a_row_of_the_right_view_is_not_doubted() -> None:
    assert wrong_view(real(DJANGO, "sync/gateway_3s", "gunicorn-gevent", FIRST)) is None
    assert wrong_view(real(DJANGO, "sync/gateway_1s", "gunicorn-gevent", FIRST)) is None


def test_all_rows_of_the_misrouted_view_are_found() -> None:
    misrouted = [row for row in rows_of(DJANGO) if wrong_view(row)]
    assert {row.cell.benchmark for row in misrouted} == {"async/gateway_3s"}
    assert len(misrouted) == 7


def test_read_errors_without_pipelining_are_no_batches() -> None:
    assert closed_batches(real(DJANGO, "async/httpx", "gunicorn-uvicorn", FIRST)) is None


def test_littles_law_allows_for_batches_and_for_thinking() -> None:
    pipelined = real(PIPELINING, "depth-5", "aiohttp-hello")
    thinking = real(DATABASE, "visit", "gthread-2")
    assert littles_law(pipelined) is None
    assert littles_law(thinking) is None


def test_a_hundred_responses_give_a_place() -> None:
    assert few_samples(sound(100)) is None


def test_a_response_that_is_late_by_design_is_no_failure() -> None:
    assert counted_failures(real(DJANGO, "sync/gateway_3s", "gunicorn-uvicorn", FIRST)) is None


def test_a_row_that_is_printed_twice_is_no_rerun() -> None:
    row = real(DATABASE, "visit", "uvicorn-2", SECOND)
    assert reruns_differ(row, rows_of(DATABASE)) is None


@pytest.mark.parametrize(("late", "voids"), [(26, ()), (27, ("latency",))])
def test_latencies_are_void_from_a_bias_of_five_percent_on(late: int, voids: object) -> None:
    row = changed(sound(), timeouts=late, latency_mean_us=100_000)
    assert found(late_responses(row)).voids == voids
