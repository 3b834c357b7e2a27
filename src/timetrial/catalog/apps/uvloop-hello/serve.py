"""The least that answers HTTP in Python: a protocol on uvloop that parses with httptools."""

import asyncio
import sys
from collections import deque
from http import HTTPStatus

import httptools
import uvloop


async def noop():
    pass


async def answer(path):
    await noop()
    if path == b"/":
        return HTTPStatus.OK, b"Hello world!"
    if path.startswith(b"/echo/"):
        return HTTPStatus.OK, path.removeprefix(b"/echo/")
    return HTTPStatus.NOT_FOUND, b"Not found"


def written(status, body, *, keep_alive):
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Requests that come while one is being answered wait for their turn."""

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.path = b""
        self.waiting = deque()
        self.answering = None

    def connection_lost(self, _exc):
        if self.answering is not None:
            self.answering.cancel()

    def data_received(self, data):
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()
            return
        if self.waiting and self.answering is None:
            self.answering = asyncio.get_running_loop().create_task(self.answer_waiting())

    def on_message_begin(self):
        self.path = b""

    def on_url(self, url):
        self.path += url

    def on_message_complete(self):
        self.waiting.append((self.path, self.parser.should_keep_alive()))

    async def answer_waiting(self):
        responses = []
        keep_alive = True
        while self.waiting and keep_alive:
            path, keep_alive = self.waiting.popleft()
            responses.append(written(*await answer(path), keep_alive=keep_alive))
        self.transport.write(b"".join(responses))
        self.answering = None
        if not keep_alive:
            self.transport.close()


async def main():
    host, port = sys.argv[1:]
    server = await asyncio.get_running_loop().create_server(
        Connection, host, int(port), backlog=2048
    )
    await server.serve_forever()


uvloop.run(main())
