"""A `def` handler runs in a thread, and cannot read the body of its request."""

import asyncio
import time

import items
from quart import Quart, jsonify, render_template, request

app = Quart(__name__, template_folder=items.TEMPLATES)
page = app.jinja_env.overlay(enable_async=False)


@app.get("/sync/json")
def sync_json():
    return jsonify([{"name": "name", "value": 1}])


@app.get("/sync/wait_50ms")
def sync_wait_50ms():
    time.sleep(items.WAIT_S)
    return {"status": "ok"}


@app.get("/sync/query")
def sync_query():
    return jsonify(items.read())


@app.get("/sync/template")
def sync_template():
    return page.get_template("items.html").render(items=items.read())


@app.get("/async/json")
async def async_json():
    return jsonify([{"name": "name", "value": 1}])


@app.get("/async/wait_50ms")
async def async_wait_50ms():
    await asyncio.sleep(items.WAIT_S)
    return {"status": "ok"}


@app.get("/async/query")
async def async_query():
    return jsonify(await items.read_async())


@app.get("/async/template")
async def async_template():
    return await render_template("items.html", items=await items.read_async())


@app.post("/async/echo")
async def async_echo():
    return app.response_class(await request.get_data(), mimetype="application/octet-stream")
