import time

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response


def hello(request):
    return Response("Hello world!", mimetype="text/plain")


def wait_50ms(request):
    time.sleep(0.05)
    return Response('{"status": "ok"}', mimetype="application/json")


routes = Map([Rule("/hello", endpoint=hello), Rule("/wait_50ms", endpoint=wait_50ms)])


@Request.application
def app(request):
    try:
        view, arguments = routes.bind_to_environ(request.environ).match()
    except HTTPException as error:
        return error
    return view(request, **arguments)
