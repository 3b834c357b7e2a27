from robyn import Headers, Response, Robyn


async def noop():
    pass


def text(body):
    headers = Headers({"Content-Type": "text/plain; charset=utf-8"})
    return Response(status_code=200, headers=headers, description=body)


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
