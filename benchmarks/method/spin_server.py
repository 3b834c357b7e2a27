"""A server whose CPU time per request is set: it counts to SPIN for each, and knows its cost.

Usage: spin_server.py HOST PORT SPIN [failing|growing MORE]. `/cost` answers with CPU nanoseconds
and requests so far, and with what both were when it had settled. A failing one answers each
hundredth request wrongly, a growing one counts MORE further after each thousand.
"""

import asyncio
import sys
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
HELLO = HEAD + b"12\r\n\r\nHello world!"
FAILED = HELLO.replace(b"200 OK", b"500 Internal Server Error")
COST = b"GET /cost "
SETTLED_AFTER = 4_000
"""Requests: more than a warm-up has."""
EACH = 100
"""As many requests come to one that fails, and to one look at how far to count."""


class Spin(asyncio.Protocol):
    spin = 0
    requests = 0
    settled = (0, 0)
    """CPU nanoseconds and requests once start and warm-up, whose requests cost more, were over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer one request: nobody pipelines here, and requests fit into a segment."""
        if data.startswith(COST):
            body = b"%d %d %d %d" % (time.process_time_ns(), Spin.requests, *Spin.settled)
            self.transport.write(HEAD + b"%d\r\n\r\n" % len(body) + body)
            return
        Spin.requests += 1
        if Spin.requests == SETTLED_AFTER:
            Spin.settled = (time.process_time_ns(), Spin.requests)
        for _ in range(Spin.spin):
            pass
        self.transport.write(HELLO)


class Failing(Spin):
    def data_received(self, data: bytes) -> None:
        if (Spin.requests + 1) % EACH or data.startswith(COST):
            super().data_received(data)
            return
        Spin.requests += 1
        self.transport.write(FAILED)


class Growing(Spin):
    base = 0
    more = 0

    def data_received(self, data: bytes) -> None:
        if Spin.requests % EACH == 0:
            Spin.spin = Growing.base + Growing.more * Spin.requests // 1_000
        super().data_received(data)


KINDS = {"sound": Spin, "failing": Failing, "growing": Growing}


async def serve(kind: type[Spin], host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(kind, host, port, backlog=1024)
    await server.serve_forever()


def main(host: str, port: str, spin: str, kind: str = "sound", more: str = "0") -> None:
    Spin.spin = Growing.base = int(spin)
    Growing.more = int(more)
    asyncio.run(serve(KINDS[kind], host, int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
