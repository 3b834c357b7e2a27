"""wrk as a driver, against servers whose truth is known."""

from __future__ import annotations

import dataclasses

import psutil
import pytest
from odd_server import odd_server

from timetrial.drivers.driver import LoadSpec, Progress, SessionConfig, Target, Tls
from timetrial.drivers.wrk import WrkDriver, threads
from timetrial.engine import Bimodal, Constant, Responder
from timetrial.model.errors import BadInput, ToolFailed
from timetrial.model.load import ArrivalSchedule, Stage, ThinkSchedule, ThinkTime
from timetrial.model.measurement import Counts
from timetrial.model.units import NS_PER_MS
from timetrial.model.workload import Expectation, Request

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=5.0)
SECOND = LoadSpec(0, 1.0)
TARGET = Target("127.0.0.1:8000", "localhost", (Request("/"),))


@pytest.fixture(scope="module")
def wrk() -> WrkDriver:
    try:
        return WrkDriver.find()
    except BadInput:
        pytest.skip("wrk is not installed (apt-get install wrk)")


def target(responder: Responder) -> Target:
    return Target(responder.address, "localhost", (Request("/"),))


def test_it_counts_what_the_server_counts_but_for_what_is_unfinished(wrk: WrkDriver) -> None:
    with Responder(Constant(0.005)) as responder:
        with wrk.open([target(responder)], SETTING) as session:
            result = session.run_load(SECOND)
        record = responder.stop()
    assert result.counts.ok == result.counts.arrivals == result.completions > 0
    assert 0 <= record.requests - result.counts.arrivals <= SETTING.connections
    assert result.bytes_received is not None
    assert result.bytes_received > result.counts.ok
    assert result.started_ns == result.opened_ns
    assert 1e9 <= result.closed_ns - result.opened_ns <= result.drained_ns - result.opened_ns


def test_its_response_times_are_those_it_measured(wrk: WrkDriver) -> None:
    # Its own histogram has samples between 2 and 50 ms, which it has added by calculation.
    with (
        Responder(Bimodal(0.002, 0.05, share_slow=0.1)) as responder,
        wrk.open([target(responder)], SETTING) as session,
    ):
        result = session.run_load(SECOND)
    assert result.response_time.count == result.counts.ok
    assert result.response_time.min_ns >= 2 * NS_PER_MS
    assert result.response_time.max_ns >= 50 * NS_PER_MS
    assert result.tool is not None
    own = result.tool.figure("latency mean")
    assert own is not None
    assert own * 1_000 > result.response_time.mean_ns


def test_it_keeps_its_own_figures_and_says_what_it_cannot_see(wrk: WrkDriver) -> None:
    with Responder(Constant(0.005)) as responder, wrk.open([target(responder)], SETTING) as session:
        result = session.run_load(SECOND)
    tool = result.tool
    assert tool is not None
    assert (tool.name, tool.figure("requests")) == ("wrk", result.counts.arrivals)
    assert all(tool.figure(f"latency p{percent}") for percent in (1, 50, 99, 99.9))
    assert tool.command[0].endswith("wrk")
    assert tool.blind
    assert "wrong bodies" in tool.unseen
    unknown = (result.connections_reached, result.connects, result.unsolicited)
    assert unknown == (None, None, None)
    assert (result.counts.wrong_body, result.counts.censored) == (None, None)


def test_several_requests_under_way_have_one_response_time(wrk: WrkDriver) -> None:
    setting = dataclasses.replace(SETTING, pipeline=3)
    with Responder(Constant(0.005)) as responder:
        with wrk.open([target(responder)], setting) as session:
            result = session.run_load(SECOND)
        record = responder.stop()
    assert 0 <= record.requests - result.counts.arrivals <= 3 * SETTING.connections
    assert abs(result.counts.ok - 3 * result.response_time.count) <= 3 * SETTING.connections
    assert result.tool is not None
    assert "3 requests" in result.tool.blind[-1]


def test_requests_are_sent_in_turn_as_they_were_given(wrk: WrkDriver) -> None:
    page = Request("/page?a=1", headers=(("X-A", '1 "'), ("X-A", "2")))
    order = Request("/order", method="POST", body=b'\0\x80"\n')
    setting = dataclasses.replace(SETTING, connections=1)
    with odd_server() as server, wrk.open([server.target(page, order)], setting) as session:
        result = session.run_load(SECOND)
    # wrk looks at one batch before it begins, so that it does not begin with the first one.
    second, first, again = server.asked[:3]
    assert (first.method, first.path, first.content) == ("GET", "/page?a=1", b"")
    assert first.headers == (("Host", "shop.test"), ("X-A", '1 "'), ("X-A", "2"))
    assert (second.method, second.path, second.content) == ("POST", "/order", b'\0\x80"\n')
    assert again == second
    assert result.counts.ok > 1


def test_a_status_of_400_and_above_is_wrong(wrk: WrkDriver) -> None:
    with odd_server() as server, wrk.open([server.target(Request("/404"))], SETTING) as session:
        counts = session.run_load(SECOND).counts
    assert counts.wrong_status == counts.arrivals > 0
    assert counts.ok == 0


def test_connections_that_end_without_an_answer_are_failures_of_no_known_kind(
    wrk: WrkDriver,
) -> None:
    with odd_server() as server, wrk.open([server.target(Request("/reset"))], SETTING) as session:
        counts = session.run_load(SECOND).counts
    assert counts.failed == counts.arrivals > 0
    assert (counts.reset, counts.closed_early) == (None, None)


def test_a_response_after_the_timeout_is_a_timeout_and_no_response_time(wrk: WrkDriver) -> None:
    setting = dataclasses.replace(SETTING, timeout_s=1.0)
    with Responder(Constant(1.2)) as responder, wrk.open([target(responder)], setting) as session:
        result = session.run_load(LoadSpec(0, 2.0))
    assert result.counts == Counts(
        arrivals=4, timeout=4, wrong_body=None, wrong_order=None, reset=None,
        closed_early=None, malformed=None, censored=None,
    )  # fmt: skip
    assert result.response_time.count == 0


def test_nobody_there_is_a_failure_of_the_drive(wrk: WrkDriver) -> None:
    nobody = Target("127.0.0.1:1", "localhost", (Request("/"),))
    with (
        wrk.open([nobody], SETTING) as session,
        pytest.raises(ToolFailed, match=r"code 1: .*connect") as failed,
    ):
        session.run_load(SECOND)
    assert failed.value.tool == "wrk"


def test_an_interrupt_ends_wrk(wrk: WrkDriver) -> None:
    def interrupt(progress: Progress) -> None:
        assert progress.completions is None
        raise KeyboardInterrupt

    with (
        Responder() as responder,
        wrk.open([target(responder)], SETTING) as session,
        pytest.raises(KeyboardInterrupt),
    ):
        session.run_load(LoadSpec(0, 30.0), interrupt)
    assert not [child for child in psutil.Process().children() if "wrk" in child.cmdline()[0]]


def test_threads_share_the_connections_evenly() -> None:
    shared = [
        threads(SessionConfig(connections=number, cpus=(0, 1, 2, 3), timeout_s=1.0))
        for number in (1, 2, 6, 7, 8)
    ]
    assert shared == [1, 2, 3, 1, 4]


@pytest.mark.parametrize(
    ("target", "setting", "spec", "sentence"),
    [
        (TARGET, SETTING, LoadSpec(0, 0.15), "wrk drives whole seconds, no window of 0.15 s"),
        (
            TARGET,
            SETTING,
            LoadSpec(0, 1.0, open=ArrivalSchedule((Stage(1.0, 9, 9),))),
            "wrk has no open load",
        ),
        (
            TARGET,
            SETTING,
            LoadSpec(0, 1.0, users=ThinkSchedule((ThinkTime(1),))),
            "wrk has no users",
        ),
        (TARGET, SETTING, LoadSpec(0, 1.0, max_requests=9), "wrk ends by time alone"),
        (
            TARGET,
            dataclasses.replace(SETTING, fresh_connections=True),
            SECOND,
            "wrk has no load that opens a new connection",
        ),
        (
            TARGET,
            dataclasses.replace(SETTING, timeout_s=0.5),
            SECOND,
            "wrk takes a timeout of whole seconds, not one of 0.5 s",
        ),
        (
            dataclasses.replace(TARGET, tls=Tls("localhost", None)),
            SETTING,
            SECOND,
            "wrk is driven over plain HTTP here",
        ),
        (
            dataclasses.replace(TARGET, address="unix:/run/shop.sock"),
            SETTING,
            SECOND,
            "wrk reaches no Unix socket such as 'unix:/run/shop.sock'",
        ),
        (
            dataclasses.replace(TARGET, requests=(Request("/{token}"),)),
            SETTING,
            SECOND,
            "wrk gives no request a number of its own",
        ),
        (
            dataclasses.replace(TARGET, requests=(Request("/", Expectation(status=404)),)),
            SETTING,
            SECOND,
            "/ cannot be expected to give 404",
        ),
    ],
)
def test_what_it_cannot_do_is_refused_in_one_sentence(
    target: Target, setting: SessionConfig, spec: LoadSpec, sentence: str
) -> None:
    refusal = WrkDriver.refusal(target, setting, spec)
    assert refusal is not None
    assert sentence in refusal
    assert refusal.startswith("wrk ")


def test_a_missing_wrk_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadInput, match="apt-get install wrk"):
        WrkDriver.find()
