import asyncio
import os
import sys

import uvloop
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Echo(WebSocketHandler):
    async def on_message(self, message):
        await self.write_message(message, binary=isinstance(message, bytes))


def log_nothing(handler):
    pass


async def main(sockets):
    server = HTTPServer(Application([("/echo", Echo)], log_function=log_nothing))
    server.add_sockets(sockets)
    await asyncio.Event().wait()


host, port, workers = sys.argv[1:]
listening = bind_sockets(int(port), host, backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
uvloop.run(main(listening))
