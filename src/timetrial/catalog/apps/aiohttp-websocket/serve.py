import os
import socket
import sys

import uvloop
from aiohttp import WSMsgType, web


async def echo(request):
    response = web.WebSocketResponse(compress=False)
    await response.prepare(request)
    async for message in response:
        if message.type is WSMsgType.TEXT:
            await response.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await response.send_bytes(message.data)
    return response


uvloop.install()
host, port, workers = sys.argv[1:]
listener = socket.create_server((host, int(port)), backlog=2048)
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
app = web.Application()
app.add_routes([web.get("/echo", echo)])
web.run_app(app, sock=listener, access_log=None, print=None, backlog=2048)
