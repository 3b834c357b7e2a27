"""A server whose CPU time per request is set: it counts to SPIN for each, and knows its cost.

Usage: spin_server.py HOST PORT SPIN. `/cost` answers with CPU nanoseconds and requests so far.
"""

import asyncio
import sys
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
HELLO = HEAD + b"12\r\n\r\nHello world!"
COST = b"GET /cost "


class Spin(asyncio.Protocol):
    spin = 0
    requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer one request: nobody pipelines here, and requests fit into a segment."""
        if data.startswith(COST):
            body = b"%d %d" % (time.process_time_ns(), Spin.requests)
            self.transport.write(HEAD + b"%d\r\n\r\n" % len(body) + body)
            return
        Spin.requests += 1
        for _ in range(Spin.spin):
            pass
        self.transport.write(HELLO)


async def serve(host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Spin, host, port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    Spin.spin = int(sys.argv[3])
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
