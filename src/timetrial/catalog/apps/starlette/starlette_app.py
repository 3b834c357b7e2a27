import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def hello(request):
    return PlainTextResponse("Hello world!")


async def wait_50ms(request):
    await asyncio.sleep(0.05)
    return Response('{"status": "ok"}', media_type="application/json")


app = Starlette(routes=[Route("/hello", hello), Route("/wait_50ms", wait_50ms)])
