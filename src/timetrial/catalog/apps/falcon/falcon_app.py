"""Falcon has two apps: `def` responders for WSGI, `async def` responders for ASGI."""

import asyncio
import time

import falcon
import falcon.asgi
import items
from jinja2 import Environment, FileSystemLoader

OCTETS = "application/octet-stream"

templates = Environment(loader=FileSystemLoader(items.TEMPLATES), autoescape=True)
page = templates.get_template("items.html")


class Json:
    def on_get(self, request, response):
        response.media = [{"name": "name", "value": 1}]


class Wait:
    def on_get(self, request, response):
        time.sleep(items.WAIT_S)
        response.media = {"status": "ok"}


class Query:
    def on_get(self, request, response):
        response.media = items.read()


class Template:
    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_HTML
        response.text = page.render(items=items.read())


class Echo:
    def on_post(self, request, response):
        response.content_type = OCTETS
        response.data = request.bounded_stream.read()


class AsyncJson:
    async def on_get(self, request, response):
        response.media = [{"name": "name", "value": 1}]


class AsyncWait:
    async def on_get(self, request, response):
        await asyncio.sleep(items.WAIT_S)
        response.media = {"status": "ok"}


class AsyncQuery:
    async def on_get(self, request, response):
        response.media = await items.read_async()


class AsyncTemplate:
    async def on_get(self, request, response):
        response.content_type = falcon.MEDIA_HTML
        response.text = page.render(items=await items.read_async())


class AsyncEcho:
    async def on_post(self, request, response):
        response.content_type = OCTETS
        response.data = await request.stream.read()


wsgi = falcon.App()
wsgi.add_route("/sync/json", Json())
wsgi.add_route("/sync/wait_50ms", Wait())
wsgi.add_route("/sync/query", Query())
wsgi.add_route("/sync/template", Template())
wsgi.add_route("/sync/echo", Echo())

asgi = falcon.asgi.App()
asgi.add_route("/async/json", AsyncJson())
asgi.add_route("/async/wait_50ms", AsyncWait())
asgi.add_route("/async/query", AsyncQuery())
asgi.add_route("/async/template", AsyncTemplate())
asgi.add_route("/async/echo", AsyncEcho())
