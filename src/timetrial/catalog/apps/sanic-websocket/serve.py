import sys

from sanic import Sanic

app = Sanic("websocket", configure_logging=False)


@app.websocket("/echo")
async def echo(request, socket):
    async for message in socket:
        await socket.send(message)


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
