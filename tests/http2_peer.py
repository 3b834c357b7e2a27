"""A server of HTTP/2 without encryption that is not ours: hyper-h2, on threads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.settings import SettingCodes, Settings

MOST_STREAMS = 7


@contextmanager
def echoing() -> Iterator[str]:
    """Answer each request with its body, or "hi" where it has none. Give the URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        # Ends a thread that waits in accept.
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(accepted,), daemon=True).start()


def _converse(accepted: socket.socket) -> None:
    connection = H2Connection(H2Configuration(client_side=False))
    connection.local_settings = Settings(
        client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS}
    )
    connection.initiate_connection()
    bodies: dict[int, bytes] = {}
    with accepted:
        accepted.sendall(connection.data_to_send())
        while received := accepted.recv(65536):
            for event in connection.receive_data(received):
                if isinstance(event, RequestReceived):
                    bodies[event.stream_id] = b""
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                    connection.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                elif isinstance(event, StreamEnded):
                    _answer(connection, event.stream_id, bodies.pop(event.stream_id) or b"hi")
            accepted.sendall(connection.data_to_send())


def _answer(connection: H2Connection, stream: int, body: bytes) -> None:
    headers = [(":status", "200"), ("content-length", str(len(body))), ("server", "h2")]
    connection.send_headers(stream, headers)
    size = connection.max_outbound_frame_size
    for start in range(0, len(body), size):
        connection.send_data(stream, body[start : start + size])
    connection.end_stream(stream)
