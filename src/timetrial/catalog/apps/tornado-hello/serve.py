import asyncio
import os
import sys

import uvloop
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler


async def noop():
    pass


class Text(RequestHandler):
    def set_default_headers(self):
        self.clear_header("Server")
        self.clear_header("Date")
        self.set_header("Connection", "keep-alive")
        self.set_header("Content-Type", "text/plain; charset=utf-8")

    def compute_etag(self):
        return None


class Hello(Text):
    async def get(self):
        await noop()
        self.finish("Hello world!")


class Echo(Text):
    async def get(self, text):
        await noop()
        self.finish(text)


def log_nothing(handler):
    pass


async def main(sockets):
    app = Application([("/", Hello), ("/echo/(.*)", Echo)], log_function=log_nothing)
    server = HTTPServer(app, idle_connection_timeout=120)
    server.add_sockets(sockets)
    await asyncio.Event().wait()


host, port, workers = sys.argv[1:]
listening = bind_sockets(int(port), host, backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
uvloop.run(main(listening))
