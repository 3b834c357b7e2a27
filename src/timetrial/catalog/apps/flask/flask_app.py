import asyncio
import time

import items
from flask import Flask, jsonify, render_template, request

app = Flask(__name__, template_folder=items.TEMPLATES)


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
    return render_template("items.html", items=items.read())


@app.post("/sync/echo")
def sync_echo():
    return app.response_class(request.get_data(), mimetype="application/octet-stream")


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
    return render_template("items.html", items=await items.read_async())


@app.post("/async/echo")
async def async_echo():
    return app.response_class(request.get_data(), mimetype="application/octet-stream")
