"""The native engine as a driver, against its own responder."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import Literal

import pytest

from timetrial._engine import self_signed
from timetrial.drivers.driver import LoadSpec, SessionConfig, Target, Tls
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Constant, Responder
from timetrial.model.workload import Expectation, Request

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=60.0)


def target(responder: Responder) -> Target:
    return Target(responder.address, "localhost", (Request("/"),))


def test_a_duet_gives_each_target_a_result_of_the_same_window() -> None:
    with Responder() as fast, Responder(Constant(0.01)) as slow:
        targets = (target(fast), target(slow))
        with NativeDriver().open_duet(targets, SETTING) as session:
            one, other = session.run_load(LoadSpec(0, 0.2, lead_in_s=0.05))
    assert (one.opened_ns, one.closed_ns) == (other.opened_ns, other.closed_ns)
    assert one.completions > other.completions > 0
    assert other.response_time.min_ns >= 10_000_000
    assert (one.generator_threads, other.generator_threads) == (1, 1)


def test_a_duet_has_no_threads_without_connections() -> None:
    setting = SessionConfig(connections=1, cpus=(0, 0), timeout_s=60.0)
    with (
        Responder() as one,
        Responder() as other,
        NativeDriver().open_duet((target(one), target(other)), setting) as session,
    ):
        results = session.run_load(LoadSpec(0, 10.0, max_requests=20))
    assert [result.connections_reached for result in results] == [1, 1]
    assert {result.generator_threads for result in results} == {1}


def test_a_duet_of_an_odd_number_of_threads_is_refused() -> None:
    with (
        Responder() as responder,
        pytest.raises(ValueError, match="even number of threads"),
    ):
        NativeDriver(3).open_duet((target(responder), target(responder)), SETTING)


def test_a_window_carries_the_generators_cpu_time_and_its_wait_for_a_cpu() -> None:
    with Responder() as responder, NativeDriver().open([target(responder)], SETTING) as session:
        result = session.run_load(LoadSpec(0, 0.2))
    assert 0 < result.generator_cpu_s <= 0.25
    assert result.generator_wait_s is None or 0 <= result.generator_wait_s < 0.2


@pytest.mark.parametrize("backend", ["epoll", "auto"])
def test_a_body_ends_with_the_close_notification_of_tls(
    backend: Literal["epoll", "auto"], tmp_path: Path
) -> None:
    """A server may wait for the client's notification before it closes its socket."""
    certificate, key, _ = self_signed()
    (tmp_path / "server.pem").write_text(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    ends: list[str] = []

    def answer(listener: socket.socket) -> None:
        for _ in range(3):
            peer, _address = listener.accept()
            with context.wrap_socket(peer, server_side=True) as encrypted:
                encrypted.recv(4096)
                encrypted.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nHello")
                encrypted.unwrap()  # returns once the client has answered the notification
                ends.append("notified")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        body = Request("/", Expectation(200, "Hello"))
        target = Target(f"127.0.0.1:{port}", "localhost", (body,), Tls("localhost", insecure=True))
        setting = SessionConfig(connections=1, cpus=(), timeout_s=60.0, backend=backend)
        with NativeDriver().open([target], setting) as session:
            result = session.run_load(LoadSpec(0, 60.0, max_requests=3))
        thread.join()
    assert (result.overall.ok, result.overall.failed) == (3, 0)
    assert ends == ["notified"] * 3
