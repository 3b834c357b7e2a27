"""Ready means: a correct response, in time, by a bounded wait."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from evidence import numbers_in
from small_stacks import HELLO, HOST, launch_of, stranger
from timetrial.machine import ports
from timetrial.model.errors import StackFailed
from timetrial.model.units import NS_PER_S
from timetrial.model.workload import Expectation, Request
from timetrial.stacks import connection, readiness
from timetrial.stacks.answer import Answer, mistake
from timetrial.stacks.readiness import AttemptResult, await_ready, check_answers, check_wait


def never_ends() -> int | None:
    return None


def test_wrong_answers_are_forgiven_while_a_server_starts(tmp_path: Path) -> None:
    """Workers start unevenly."""
    launch = launch_of("answers_503_at_first", tmp_path)
    with stranger("answers_503_at_first", launch.port):
        assert await_ready(launch, never_ends) <= time.monotonic_ns()


def test_wrong_answers_are_final_once_they_last(tmp_path: Path) -> None:
    launch = launch_of("answers_500", tmp_path, start_timeout_s=600)
    began = time.monotonic()
    with (
        stranger("answers_500", launch.port),
        pytest.raises(StackFailed) as failure,
    ):
        await_ready(launch, never_ends)
    assert numbers_in(failure.value.reason) == [500, 200]
    assert failure.value.phase == "answer"
    assert time.monotonic() - began < 120


def test_a_server_that_answers_wrongly_and_ends_says_both(tmp_path: Path) -> None:
    launch = launch_of("answers_500_and_exits", tmp_path)
    with stranger("answers_500_and_exits", launch.port) as other:
        reason = "answer: answered status 500 instead of 200, then exited with code 4"
        with pytest.raises(StackFailed, match=reason):
            await_ready(launch, other.poll)


def test_what_is_not_http_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "WRONG_ANSWERS_S", 0.1)
    launch = launch_of("speaks_gibberish", tmp_path)
    with (
        stranger("speaks_gibberish", launch.port),
        pytest.raises(StackFailed, match=r"not HTTP \(.*ESMTP"),
    ):
        await_ready(launch, never_ends)


def test_silence_names_what_the_last_attempt_met(tmp_path: Path) -> None:
    launch = launch_of("plain", tmp_path, start_timeout_s=0.2)
    reason = rf"nothing answered on port {launch.port} within 0.2 s \(connection refused\)"
    with pytest.raises(StackFailed, match=f"{reason}$"):
        await_ready(launch, never_ends)
    launch = dataclasses.replace(launch, timeout_option="--start-timeout")
    with pytest.raises(StackFailed, match=f"{reason}; --start-timeout gives it longer$"):
        await_ready(launch, never_ends)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_good_server_passes_the_check(keep_alive: bool) -> None:  # noqa: FBT001 - a case
    port = ports.free_port()
    with stranger("plain", port):
        check_answers(HOST, port, HELLO, keep_alive=keep_alive)


def test_an_answer_that_comes_before_its_wait_is_over_is_another_views() -> None:
    port = ports.free_port()
    with stranger("plain", port):
        check_wait(HOST, port, HELLO)
        with pytest.raises(StackFailed, match="for 3 s"):
            check_wait(HOST, port, dataclasses.replace(HELLO, wait_s=3.0))


@pytest.mark.parametrize("behaviour", ["closes_connections", "lies_about_length"])
def test_keep_alive_that_does_not_work_is_found(behaviour: str) -> None:
    port = ports.free_port()
    with stranger(behaviour, port):
        check_answers(HOST, port, HELLO, keep_alive=False)
        with pytest.raises(StackFailed, match="the same connection") as failure:
            check_answers(HOST, port, HELLO, keep_alive=True)
    assert failure.value.phase == "answer"


def test_a_check_names_the_path() -> None:
    port = ports.free_port()
    probe = Request("/items", Expectation(status=200, body_bytes=4))
    with (
        stranger("plain", port),
        pytest.raises(StackFailed, match=r"^answer: /items .* 5 "),
    ):
        check_answers(HOST, port, probe, keep_alive=True)


@pytest.mark.parametrize("behaviour", ["never_answers", "drips"])
def test_a_check_of_a_silent_server_ends_in_time(behaviour: str) -> None:
    """A bound on each read alone would let a slow drip go on for ever."""
    port = ports.free_port()
    with (
        stranger(behaviour, port),
        pytest.raises(StackFailed, match=r"in 0.5 s") as failure,
    ):
        check_answers(HOST, port, HELLO, keep_alive=True, timeout_s=0.5)
    assert failure.value.phase == "answer"


@pytest.mark.parametrize(
    ("answer", "expect", "problem"),
    [
        (Answer(200, b"hello"), Expectation(200, "hello"), None),
        (Answer(200, b"hello"), Expectation(200, None, 5), None),
        (Answer(204, b""), Expectation(204), None),
        (Answer(200, "ä".encode()), Expectation(200, "ä"), None),
        (Answer(404, b""), Expectation(200), "answered status 404 instead of 200"),
        (Answer(200, b""), Expectation(200, "a"), "answered with another body (all 0 bytes: '')"),
        (
            Answer(200, b"\xff\x00"),
            Expectation(200, "a"),
            r"answered with another body (all 2 bytes: '\\xff\x00')",
        ),
    ],
)
def test_mistakes_are_described(answer: Answer, expect: Expectation, problem: str | None) -> None:
    assert mistake(answer, expect) == problem


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (b"Content-Length: 5000", [b"x" * 5000]),
        (b"Transfer-Encoding: chunked", [b"3e8\r\n" + b"x" * 1000 + b"\r\n"] * 5),
        (b"Connection: close", [b"x" * 1000] * 5),
    ],
)
def test_a_body_beyond_the_limit_is_called_that(
    head: bytes, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LARGEST_BODY_BYTES", 4096)
    monkeypatch.setattr(connection, "PIECE_BYTES", 512)
    with socket.create_server((HOST, 0)) as listener:

        def answer() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):  # it closes before it has read all
                peer.recv(4096)
                peer.sendall(b"\r\n".join([b"HTTP/1.1 200 OK", head, b"", b"".join(pieces)]))

        thread = threading.Thread(target=answer)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(StackFailed, match=r"answered with more than 4.00 KiB$"):
            check_answers(HOST, port, HELLO, keep_alive=False)
        thread.join()


def test_a_server_is_not_too_late_while_nobody_could_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0]
    stubbed = SimpleNamespace(monotonic_ns=lambda: clock[0], sleep=lambda _s: None)
    monkeypatch.setattr(readiness, "time", stubbed)
    launch = launch_of("plain", tmp_path, start_timeout_s=30)
    results = iter([(100.0, "not yet"), (1.0, "not yet"), (1.0, None)])

    def attempt(_within_s: float) -> AttemptResult:
        took_s, problem = next(results)
        clock[0] += round(took_s * NS_PER_S)
        return AttemptResult(answered=problem is None, problem=problem)

    assert await_ready(launch, never_ends, attempt) == 102 * NS_PER_S
