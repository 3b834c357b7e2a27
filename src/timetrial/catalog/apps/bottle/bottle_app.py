import json
import time

import items
from bottle import Bottle, jinja2_template, request, response

app = Bottle()


@app.get("/sync/json")
def sync_json():
    return as_json([{"name": "name", "value": 1}])


@app.get("/sync/wait_50ms")
def sync_wait_50ms():
    time.sleep(items.WAIT_S)
    return {"status": "ok"}


@app.get("/sync/query")
def sync_query():
    return as_json(items.read())


@app.get("/sync/template")
def sync_template():
    return jinja2_template(
        "items.html",
        items=items.read(),
        template_lookup=[str(items.TEMPLATES)],
        template_settings={"autoescape": True},
    )


@app.post("/sync/echo")
def sync_echo():
    response.content_type = "application/octet-stream"
    return request.body.read()


def as_json(value):
    """Bottle serialises objects by itself, but no lists."""
    response.content_type = "application/json"
    return json.dumps(value)
