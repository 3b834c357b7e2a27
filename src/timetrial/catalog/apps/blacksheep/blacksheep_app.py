"""A `def` handler runs on the event loop itself: while it waits, nothing else runs."""

import asyncio
import time

import items
from blacksheep import Application, Content, FromBytes, Response, get, json, post
from blacksheep.server.rendering.jinja2 import JinjaRenderer
from blacksheep.server.responses import view
from blacksheep.settings.html import html_settings
from jinja2 import FileSystemLoader

html_settings.use(JinjaRenderer(FileSystemLoader(items.TEMPLATES)))

app = Application()


@get("/sync/json")
def sync_json():
    return json([{"name": "name", "value": 1}])


@get("/sync/wait_50ms")
def sync_wait_50ms():
    time.sleep(items.WAIT_S)
    return json({"status": "ok"})


@get("/sync/query")
def sync_query():
    return json(items.read())


@get("/sync/template")
def sync_template():
    return view("items", {"items": items.read()})


@post("/sync/echo")
def sync_echo(body: FromBytes):
    return octets(body.value)


@get("/async/json")
async def async_json():
    return json([{"name": "name", "value": 1}])


@get("/async/wait_50ms")
async def async_wait_50ms():
    await asyncio.sleep(items.WAIT_S)
    return json({"status": "ok"})


@get("/async/query")
async def async_query():
    return json(await items.read_async())


@get("/async/template")
async def async_template():
    return view("items", {"items": await items.read_async()})


@post("/async/echo")
async def async_echo(body: FromBytes):
    return octets(body.value)


def octets(body):
    return Response(200, content=Content(b"application/octet-stream", body))
