from robyn import Headers, Response, Robyn


async def noop():
    pass


def text(body):
    headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "keep-alive"}
    return Response(status_code=200, headers=Headers(headers), description=body)


app = Robyn(__file__)


@app.get("/")
async def hello(request):
    await noop()
    return text("Hello world!")


@app.get("/echo/:text")
async def echo(request):
    await noop()
    return text(request.path_params["text"])


if __name__ == "__main__":
    app.start()
