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
host, port = sys.argv[1:]
app = web.Application()
app.on_response_prepare.append(without_date_and_server)
app.add_routes([web.get("/", hello), web.get("/echo/{text}", echo)])
web.run_app(
    app, host=host, port=int(port), access_log=None, print=None, keepalive_timeout=120, backlog=2048
)
