import asyncio
import os
import socket
import sys

import uvloop
from aiohttp import web
from streaming_app import EVENTS, STREAMS, TEXT, response_of, waits


async def stream(request):
    headers = {"Content-Type": EVENTS, "Cache-Control": "no-store"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    for wait_s, event in waits(request.path, request.query_string):
        if wait_s:
            await asyncio.sleep(wait_s)
        await response.write(event)
    await response.write_eof()
    return response


async def hello(request):
    return web.Response(body=response_of(request.path)[1], headers={"Content-Type": TEXT})


uvloop.install()
host, port, workers = sys.argv[1:]
listener = socket.create_server((host, int(port)), backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
app = web.Application()
app.add_routes([web.get("/hello", hello), *(web.get(path, stream) for path in STREAMS)])
web.run_app(app, sock=listener, access_log=None, print=None, keepalive_timeout=120, backlog=2048)
