import asyncio
import os
import sys

import uvloop
from streaming_app import EVENTS, STREAMS, TEXT, response_of, waits
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler


class Stream(RequestHandler):
    async def get(self):
        path = self.request.path
        self.set_header("Content-Type", EVENTS)
        self.set_header("Cache-Control", "no-store")
        for wait_s, event in waits(path, self.request.query):
            if wait_s:
                await asyncio.sleep(wait_s)
            self.write(event)
            try:
                await self.flush()
            except StreamClosedError:
                return


class Hello(RequestHandler):
    def get(self):
        self.set_header("Content-Type", TEXT)
        self.finish(response_of(self.request.path)[1])


def log_nothing(handler):
    pass


async def main(sockets):
    routes = [("/hello", Hello), *((path, Stream) for path in STREAMS)]
    server = HTTPServer(Application(routes, log_function=log_nothing))
    server.add_sockets(sockets)
    await asyncio.Event().wait()


host, port, workers = sys.argv[1:]
listening = bind_sockets(int(port), host, backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
uvloop.run(main(listening))
