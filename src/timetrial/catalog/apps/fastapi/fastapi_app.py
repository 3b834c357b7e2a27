import asyncio
import time
from typing import Annotated

import items
from fastapi import Body, FastAPI, Request, Response
from fastapi.templating import Jinja2Templates

OCTETS = "application/octet-stream"

app = FastAPI()
templates = Jinja2Templates(items.TEMPLATES)


@app.get("/sync/json")
def sync_json():
    return [{"name": "name", "value": 1}]


@app.get("/sync/wait_50ms")
def sync_wait_50ms():
    time.sleep(items.WAIT_S)
    return {"status": "ok"}


@app.get("/sync/query")
def sync_query():
    return items.read()


@app.get("/sync/template")
def sync_template(request: Request):
    return templates.TemplateResponse(request, "items.html", {"items": items.read()})


@app.post("/sync/echo")
def sync_echo(body: Annotated[bytes, Body(media_type=OCTETS)]):
    return Response(body, media_type=OCTETS)


@app.get("/async/json")
async def async_json():
    return [{"name": "name", "value": 1}]


@app.get("/async/wait_50ms")
async def async_wait_50ms():
    await asyncio.sleep(items.WAIT_S)
    return {"status": "ok"}


@app.get("/async/query")
async def async_query():
    return await items.read_async()


@app.get("/async/template")
async def async_template(request: Request):
    context = {"items": await items.read_async()}
    return templates.TemplateResponse(request, "items.html", context)


@app.post("/async/echo")
async def async_echo(request: Request):
    return Response(await request.body(), media_type=OCTETS)
