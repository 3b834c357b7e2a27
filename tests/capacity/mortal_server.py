"""A server that answers after 4 ms, one request a connection at a time, and dies after a while.

    python mortal_server.py PORT REQUESTS

It is started as a program of its own.
"""

from __future__ import annotations

import asyncio
import os
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"


async def main(port: int, requests: int) -> None:
    left = requests

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                left -= 1
                if left <= 0:
                    sys.stderr.write("out of memory\n")
                    sys.stderr.flush()
                    os._exit(3)
                await asyncio.sleep(0.004)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
