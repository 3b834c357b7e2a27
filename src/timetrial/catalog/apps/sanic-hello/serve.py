import sys

from sanic import Sanic
from sanic.response import text


async def noop():
    pass


app = Sanic("hello", configure_logging=False)
app.config.KEEP_ALIVE_TIMEOUT = 120


@app.get("/")
async def hello(request):
    await noop()
    return text("Hello world!")


@app.get("/echo/<what>")
async def echo(request, what):
    await noop()
    return text(what)


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
