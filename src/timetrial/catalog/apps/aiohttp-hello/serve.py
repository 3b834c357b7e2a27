import os
import socket
import sys

import uvloop
from aiohttp import web


async def noop():
    pass


def text(body):
    return web.Response(text=body, headers={"Connection": "keep-alive"})


async def hello(request):
    await noop()
    return text("Hello world!")


async def echo(request):
    await noop()
    return text(request.match_info["text"])


async def without_date_and_server(request, response):
    del response.headers["Date"], response.headers["Server"]


uvloop.install()
host, port, workers = sys.argv[1:]
listener = socket.create_server((host, int(port)), backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
app = web.Application()
app.on_response_prepare.append(without_date_and_server)
app.add_routes([web.get("/", hello), web.get("/echo/{text}", echo)])
web.run_app(app, sock=listener, access_log=None, print=None, keepalive_timeout=120, backlog=2048)
