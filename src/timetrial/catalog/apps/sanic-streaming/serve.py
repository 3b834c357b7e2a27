import asyncio
import sys

from sanic import Sanic
from sanic.response import raw
from streaming_app import EVENTS, STREAMS, TEXT, response_of, waits

app = Sanic("streaming", configure_logging=False)


async def stream(request):
    headers = {"Cache-Control": "no-store"}
    response = await request.respond(content_type=EVENTS, headers=headers)
    for wait_s, event in waits(request.path, request.query_string):
        if wait_s:
            await asyncio.sleep(wait_s)
        await response.send(event)
    await response.eof()


@app.get("/hello")
async def hello(request):
    return raw(response_of(request.path)[1], content_type=TEXT)


for path in STREAMS:
    app.add_route(stream, path, name=path.strip("/"))

if __name__ == "__main__":
    host, port, workers = sys.argv[1:]
    app.run(
        host=host,
        port=int(port),
        workers=int(workers),
        single_process=workers == "1",
        access_log=False,
        motd=False,
        backlog=2048,
    )
