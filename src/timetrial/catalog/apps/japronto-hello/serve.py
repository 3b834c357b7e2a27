import sys

from japronto import Application


async def noop():
    pass


def text(request, body):
    return request.Response(text=body, headers={"Connection": "keep-alive"})


async def hello(request):
    await noop()
    return text(request, "Hello world!")


async def echo(request):
    await noop()
    return text(request, request.match_dict["text"])


host, port = sys.argv[1:]
app = Application()
app.router.add_route("/", hello)
app.router.add_route("/echo/{text}", echo)
app.run(host=host, port=int(port), worker_num=1)
