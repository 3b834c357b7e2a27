"""The cheapest server that Python can be: it answers each request with a fixed response.

Usage: hello.py HOST PORT
"""

import asyncio
import sys

import uvloop

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello world!"
END_OF_REQUEST = b"\r\n\r\n"


class Hello(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.unread = b""

    def data_received(self, data: bytes) -> None:
        """Count the requests, which may be several when they are pipelined, or a part of one."""
        data = self.unread + data
        requests = data.count(END_OF_REQUEST)
        self.unread = data.rpartition(END_OF_REQUEST)[2]
        self.transport.write(RESPONSE * requests)  # type: ignore[attr-defined]  # a socket's transport writes


async def serve(host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Hello, host, port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
