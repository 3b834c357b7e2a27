"""Ports are free when they are said to be, and listeners are known by name."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from small_stacks import HOST, stranger
from timetrial.machine.ports import (
    connections_by_process,
    foreign_listeners,
    free_port,
    listens,
    require_free,
)
from timetrial.model.errors import BadInput, PortTaken


def test_a_free_port_is_out_of_reach_of_outgoing_connections() -> None:
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii")
    lowest, highest = map(int, text.split())
    assert not lowest <= free_port() <= highest


def test_ports_chosen_at_the_same_time_differ() -> None:
    with ThreadPoolExecutor(8) as pool:
        ports = list(pool.map(lambda _: free_port(), range(200)))
    assert len(set(ports)) == 200


def test_a_free_port_may_be_used() -> None:
    port = free_port()
    require_free(HOST, port)
    with socket.create_server((HOST, port)):
        pass


def test_a_port_that_is_shared_in_silence_is_taken() -> None:
    """Its listener allows others: a bind would succeed."""
    port = free_port()
    with stranger("shares_port", port) as other:
        with socket.socket() as second:
            second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            second.bind((HOST, port))
        with pytest.raises(PortTaken, match=rf"pid {other.pid}, small_server.py"):
            require_free(HOST, port)


def test_a_port_that_is_bound_without_listening_is_taken() -> None:
    port = free_port()
    with socket.socket() as holder:
        holder.bind((HOST, port))
        with pytest.raises(PortTaken, match="nobody listens"):
            require_free(HOST, port)


def test_connections_of_the_past_do_not_take_a_port() -> None:
    """They linger in TIME_WAIT on the side that closed first."""
    port = free_port()
    with socket.create_server((HOST, port)) as listener:
        client = socket.create_connection((HOST, port))
        served, _ = listener.accept()
        served.close()
        client.recv(1)
        client.close()
    require_free(HOST, port)


def test_an_address_that_is_not_ours_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"cannot listen on 192\.0\.2\.1"):
        require_free("192.0.2.1", free_port())


def test_listeners_of_a_tree_are_not_foreign() -> None:
    port = free_port()
    with stranger("shares_port", port) as one, stranger("shares_port", port) as two:
        assert foreign_listeners(port, {one.pid, two.pid}) == ()
        (other,) = foreign_listeners(port, {one.pid})
        assert (other.pid, other.name) == (two.pid, "small_server.py")
        assert str(other) == f"pid {two.pid}, small_server.py"
        assert len(foreign_listeners(port, ())) == 2


def test_a_listener_on_every_address_counts() -> None:
    port = free_port()
    with socket.create_server(("", port)):
        assert listens(port, [os.getpid()])
        assert not listens(port + 1, [os.getpid()])
        assert [other.pid for other in foreign_listeners(port, ())] == [os.getpid()]


def test_connections_count_for_the_process_that_has_accepted_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        accepted = [listener.accept()[0] for _ in range(2)]
        for connection in (*clients, *accepted):
            stack.enter_context(connection)
        # The third waits to be accepted, and the clients' ends are connections to the port.
        assert connections_by_process(port, [os.getpid(), os.getppid()]) == (2,)
        assert connections_by_process(port, [os.getppid()]) == ()
