import hashlib
import json
import os
import urllib.request
from datetime import UTC, datetime

import httpcore
from jinja2 import Template
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

DATABASES = {"": os.environ["DATABASE_URL"], "quick": os.environ["QUICK_DATABASE_URL"]}
PAGE = Template(
    "<!doctype html>\n<title>Hello</title>\n<p>Served by a {{ kind }} app on {{ day }}.</p>\n",
    keep_trailing_newline=True,
)
POOL = httpcore.ConnectionPool(max_connections=None)
ROUNDS_A_UNIT = 36_000
DOCUMENT = bytes(4 * 1024 * 1024)


def ask_over_a_new_connection(url):
    with urllib.request.urlopen(url) as response:
        return json.load(response)


def ask_over_the_pool(url):
    return json.loads(POOL.request("GET", url).content)


# With the same client as the async app, what is left to compare is sync and async.
ASK = {"urllib": ask_over_a_new_connection, "httpcore": ask_over_the_pool}[
    os.environ.get("HTTP_CLIENT", "urllib")
]


def page(request):
    day = datetime.now(UTC).date().isoformat()
    return Response(PAGE.render(kind="sync", day=day), mimetype="text/html")


def work(units):
    """Compute in Python, and hold the GIL: about a millisecond for each unit."""
    total = 0
    for number in range(units * ROUNDS_A_UNIT):
        total += number * number
    return total


def api(request):
    url = DATABASES[request.args.get("database", "")]
    calls = request.args.get("calls", 1, type=int)
    work(request.args.get("work", 0, type=int))
    answer = [ASK(url) for _ in range(calls)][-1]
    body = {"message": "SUCCESS", "timestamp": answer["timestamp"], "data": answer["data"]}
    return Response(json.dumps(body), mimetype="application/json")


def in_python():
    return str(work(2))


def in_hashlib():
    return hashlib.sha256(DOCUMENT).hexdigest()


# As long as each other, about; hashlib lets go of the GIL while it hashes.
JOBS = {"python": in_python, "hashlib": in_hashlib}


def job(request):
    return Response(JOBS[request.args["kind"]](), mimetype="text/plain")


routes = Map(
    [
        Rule("/", endpoint=page),
        Rule("/api", endpoint=api),
        Rule("/work", endpoint=job),
    ]
)


@Request.application
def app(request):
    try:
        view, arguments = routes.bind_to_environ(request.environ).match()
    except HTTPException as error:
        return error
    return view(request, **arguments)
