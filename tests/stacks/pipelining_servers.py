"""Answers requests that come in one piece as its first argument says, on the port of its second."""

from __future__ import annotations

import socket
import sys


def responses(kind: str, paths: list[str]) -> tuple[list[str], bool]:
    """Return the bodies to send, and whether the connection stays open."""
    bodies = [path.removeprefix("/echo/") if path != "/" else "hello" for path in paths]
    match kind:
        case "answers_one_and_closes":
            return bodies[:1], False
        case "answers_one_and_hangs":
            return bodies[:1], True
        case "answers_in_reverse":
            return bodies[::-1], True
        case "closes_after_a_batch":
            return bodies, False
        case _:
            return bodies, True


def serve(kind: str, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                stays = True
                while stays and (data := connection.recv(65_536)):
                    paths = [head.split(b" ")[1].decode() for head in data.split(b"\r\n\r\n")[:-1]]
                    bodies, stays = responses(kind, paths)
                    heads = (
                        f"HTTP/1.1 200 OK\r\nContent-Length: {len(b)}\r\n\r\n{b}" for b in bodies
                    )
                    connection.sendall("".join(heads).encode())


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
