"""What is to be doubted of published rows: each kind on a real row, and not on a sound one."""

from __future__ import annotations

import pytest
from samples import FIRST, SECOND, changed, real, rows_of, sound, sound_users

from timetrial.published.detectors import (
    client_ceiling,
    closed_batches,
    connect_stalls,
    counted_failures,
    few_samples,
    judge,
    late_responses,
    littles_law,
    no_service,
    reruns_differ,
    wrong_view,
    zero_quantiles,
)
from timetrial.published.doubt import Doubt

DJANGO, DATABASE, PIPELINING = "django-workers", "sync-vs-async", "pipelining"


def found(doubt: Doubt | None) -> Doubt:
    assert doubt is not None
    return doubt


@pytest.mark.parametrize("row", [sound(), sound_users()], ids=["wrk", "k6"])
def test_nothing_is_said_against_a_sound_row(row: object) -> None:
    (judged,) = judge((row,))  # type: ignore[arg-type]  # parametrize forgets the type
    assert judged.doubts == ()


def test_a_mean_of_zero_beside_responses_voids_latencies() -> None:
    doubt = found(late_responses.find(real(DJANGO, "sync/gateway_3s", "gunicorn-gevent", FIRST)))
    assert doubt.voids == ("latency",)
    assert "the mean is printed as 0 beside 8,257 responses: 8,257 of them" in doubt.evidence


def test_late_responses_void_latencies_where_they_would_move_the_mean() -> None:
    doubt = found(late_responses.find(real(DJANGO, "sync/json_query", "gunicorn-gevent")))
    assert doubt.voids == ("latency",)
    assert "1,098 of 108,000 responses (1 %)" in doubt.evidence
    assert "at least 122 ms, not 102 ms" in doubt.evidence


def test_a_few_late_responses_are_a_note() -> None:
    doubt = found(late_responses.find(real(DJANGO, "sync/json", "gunicorn-gevent")))
    assert doubt.severity == "note"


def test_throughput_of_waits_is_the_connections_arithmetic() -> None:
    doubt = found(client_ceiling.find(real(DJANGO, "sync/gateway_10s", "gunicorn-gevent", FIRST)))
    assert doubt.voids == ("throughput",)
    assert "2 waits of 10 s fit into 22 s, on 2,000 connections" in doubt.evidence
    assert "4,000 responses or 181 a second" in doubt.evidence


def test_users_who_think_cap_the_throughput() -> None:
    doubt = found(client_ceiling.find(real(DATABASE, "visit", "uvicorn-2")))
    assert "10 users × 3 requests ÷ (0.1 s + 0.025 s) = 240 requests a second" in doubt.evidence
    assert "94 %" in doubt.evidence


def test_a_server_below_the_ceiling_is_not_bound_by_it() -> None:
    assert client_ceiling.find(real(DJANGO, "sync/gateway_1s", "daphne")) is None
    assert client_ceiling.find(real(DATABASE, "visit", "sync-2")) is None


@pytest.mark.parametrize(
    ("duration_s", "wait_s", "fitting"),
    [(22, 10, 2), (15, 3, 4), (22, 3, 7), (10, 1, 9), (5, 9, 0)],
)
def test_a_wait_that_would_end_with_the_load_does_not_fit(
    duration_s: float, wait_s: float, fitting: int
) -> None:
    assert client_ceiling.waves(duration_s, wait_s) == fitting


def test_more_responses_than_the_wait_allows_came_from_another_view() -> None:
    doubt = found(wrong_view.find(real(DJANGO, "async/gateway_3s", "gunicorn-uvicorn", FIRST)))
    assert doubt.voids == ("throughput", "latency")
    assert "26,358 responses came in 15.09 s" in doubt.evidence
    assert "no more than 10,000 could have" in doubt.evidence


def test_latencies_below_the_wait_came_from_another_view() -> None:
    doubt = found(wrong_view.find(real(DJANGO, "async/gateway_3s", "daphne")))
    assert "1.74 s, is less than the wait of 3 s" in doubt.evidence


def test_a_row_of_the_right_view_is_not_doubted() -> None:
    assert wrong_view.find(real(DJANGO, "sync/gateway_3s", "gunicorn-gevent", FIRST)) is None
    assert wrong_view.find(real(DJANGO, "sync/gateway_1s", "gunicorn-gevent", FIRST)) is None


def test_all_rows_of_the_misrouted_view_are_found() -> None:
    misrouted = [row for row in rows_of(DJANGO) if wrong_view.find(row)]
    assert {row.cell.contest for row in misrouted} == {"async/gateway_3s"}
    assert len(misrouted) == 7


def test_no_response_at_all_is_a_failure_and_no_speed() -> None:
    doubt = found(no_service.find(real(PIPELINING, "depth-5", "japronto-hello")))
    assert doubt.voids == ("throughput", "latency")
    assert "beside 123 read errors and 499,613 write errors" in doubt.evidence


def test_one_response_a_connection_is_a_server_that_hung() -> None:
    doubt = found(no_service.find(real(PIPELINING, "depth-5", "sanic-hello")))
    assert "exactly one response came on each of 200 connections in 5 s" in doubt.evidence


def test_quantiles_of_zero_beside_a_mean_are_void() -> None:
    doubt = found(zero_quantiles.find(real(PIPELINING, "depth-5", "tornado-hello")))
    assert doubt.voids == ("latency",)
    assert doubt.evidence == "p50, p75, p90, p99 are printed as 0 beside a mean of 122 ms."


def test_a_read_error_for_each_batch_is_reconnecting() -> None:
    doubt = found(closed_batches.find(real(PIPELINING, "depth-5", "uvloop-hello")))
    assert doubt.voids == ("throughput", "latency")
    assert "26,461 read errors for 132,595 responses in batches of 5, or 26,519" in doubt.evidence


def test_read_errors_without_pipelining_are_no_batches() -> None:
    assert closed_batches.find(real(DJANGO, "async/httpx", "gunicorn-uvicorn", FIRST)) is None


def test_littles_law_holds_the_printed_mean_against_connections_and_throughput() -> None:
    doubt = found(littles_law.find(real(DJANGO, "sync/brotli", "gunicorn-gevent")))
    assert doubt.voids == ("latency",)
    assert "2,000 connections ÷ 417 requests a second = 4,790 ms" in doubt.evidence
    assert "52.5 ms are printed" in doubt.evidence


def test_littles_law_allows_for_batches_and_for_thinking() -> None:
    pipelined = real(PIPELINING, "depth-5", "aiohttp-hello")
    thinking = real(DATABASE, "visit", "gthread-2")
    assert littles_law.find(pipelined) is None
    assert littles_law.find(thinking) is None


def test_less_than_a_hundred_responses_rank_nobody() -> None:
    doubt = found(few_samples.find(real(DJANGO, "async/httpx", "gunicorn-uvicorn", FIRST)))
    assert doubt.evidence == "6 responses in 10 s: fewer than 100 give no place in a ranking."
    assert few_samples.find(sound(100)) is None


def test_failures_that_are_most_of_the_throughput_void_it() -> None:
    doubt = found(counted_failures.find(real(DJANGO, "sync/json", "daphne")))
    assert doubt.voids == ("throughput",)
    assert "1,673 later than 2 s of 2,818 responses (59 %)" in doubt.evidence
    assert "113 a second, not 279" in doubt.evidence


def test_other_statuses_are_failures_too() -> None:
    doubt = found(counted_failures.find(real(DJANGO, "sync/gateway_10s", "daphne")))
    assert "293 with another status of 2,253 responses (13 %)" in doubt.evidence


def test_a_response_that_is_late_by_design_is_no_failure() -> None:
    assert counted_failures.find(real(DJANGO, "sync/gateway_3s", "gunicorn-uvicorn", FIRST)) is None


def test_stalls_of_connecting_are_left_out_of_the_printed_duration() -> None:
    doubt = found(connect_stalls.find(real(DATABASE, "visit", "sync-2", FIRST)))
    assert doubt.voids == ("latency",)
    assert "blocked for up to 13.1 s" in doubt.evidence
    assert "P95 of 141 ms" in doubt.evidence


def test_two_runs_of_one_row_show_the_collections_own_noise() -> None:
    row = real(DATABASE, "visit", "sync-2", FIRST)
    doubt = found(reruns_differ.find(row, rows_of(DATABASE)))
    assert doubt.severity == "note"
    assert "4,740 and 4,506 responses" in doubt.evidence
    assert "7.1 % apart" in doubt.evidence


def test_a_row_that_is_printed_twice_is_no_rerun() -> None:
    row = real(DATABASE, "visit", "uvicorn-2", SECOND)
    assert reruns_differ.find(row, rows_of(DATABASE)) is None


def test_a_rerun_that_gave_nothing_is_said_so() -> None:
    row = real(DJANGO, "sync/gateway_10s", "hypercorn-uvloop", FIRST)
    assert "one of them nothing at all" in found(reruns_differ.find(row, rows_of(DJANGO))).evidence


@pytest.mark.parametrize(("late", "voids"), [(26, ()), (27, ("latency",))])
def test_latencies_are_void_from_a_bias_of_five_percent_on(late: int, voids: object) -> None:
    row = changed(sound(), timeouts=late, latency_mean_us=100_000)
    assert found(late_responses.find(row)).voids == voids
