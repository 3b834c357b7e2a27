"""Messages by the native engine: what a server that has no WebSocket is told by, and idle ones."""

from __future__ import annotations

import threading

from websockets.sync.server import ServerConnection, serve

from timetrial.drivers.driver import LoadSpec, SessionConfig, Target, UpgradeRefusal
from timetrial.drivers.native import NativeDriver
from timetrial.drivers.wrk import WrkDriver
from timetrial.engine import Responder
from timetrial.model.workload import Expectation, Request
from timetrial.runner.no_response import without_response

SETTING = SessionConfig(connections=1, cpus=(), timeout_s=60.0)
ONE = LoadSpec(0, 60.0, max_requests=1)
MESSAGE = Request("/ws", Expectation(101, body_template="{token}"), body=b"{token}", message="text")


def test_a_page_in_place_of_an_upgrade_has_a_typed_reason() -> None:
    with Responder() as responder:
        target = Target(responder.address, "localhost", (MESSAGE,))
        with NativeDriver().open([target], SETTING) as session:
            result = session.run_load(ONE)
    assert (result.overall.ok, result.overall.connect_failed) == (0, 1)
    assert result.websocket is not None
    assert result.websocket.refusal == UpgradeRefusal("status", 200)
    failed = without_response("measure", result, "a window of 1 requests")
    assert "the server answered the upgrade with 200, not 101" in failed.reason


def test_pings_on_a_connection_without_load_are_answered_at_the_next_one() -> None:
    """Servers close those who do not answer: between windows others are loaded."""
    connections: list[ServerConnection] = []

    def echo(connection: ServerConnection) -> None:
        connections.append(connection)
        for received in connection:
            connection.send(received)

    with serve(echo, "127.0.0.1", 0, ping_interval=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = "{}:{}".format(*server.socket.getsockname())
        target = Target(address, address, (MESSAGE,))
        with NativeDriver().open([target], SETTING) as session:
            assert session.run_load(ONE).overall.ok == 1
            heard = connections[0].ping()
            assert session.run_load(ONE).overall.ok == 1
            assert heard.wait(60)
        server.shutdown()
    thread.join()
    assert len(connections) == 1


def test_other_tools_send_no_messages() -> None:
    target = Target("127.0.0.1:1", "localhost", (MESSAGE,))
    refusals = list(WrkDriver.limits_of_target(target))
    assert "wrk is driven by requests of HTTP here: WebSockets need the engine" in refusals
