import asyncio
import time
from typing import Any

import items
from litestar import Litestar, MediaType, get, post
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

OCTETS = "application/octet-stream"


@get("/sync/json", sync_to_thread=True)
def sync_json() -> list[dict[str, Any]]:
    return [{"name": "name", "value": 1}]


@get("/sync/wait_50ms", sync_to_thread=True)
def sync_wait_50ms() -> dict[str, str]:
    time.sleep(items.WAIT_S)
    return {"status": "ok"}


@get("/sync/query", sync_to_thread=True)
def sync_query() -> list[dict[str, Any]]:
    return items.read()


@get("/sync/template", sync_to_thread=True, media_type=MediaType.HTML)
def sync_template() -> Template:
    return Template("items.html", context={"items": items.read()})


@post("/sync/echo", sync_to_thread=True, status_code=200, media_type=OCTETS)
def sync_echo(body: bytes) -> bytes:
    return body


@get("/async/json")
async def async_json() -> list[dict[str, Any]]:
    return [{"name": "name", "value": 1}]


@get("/async/wait_50ms")
async def async_wait_50ms() -> dict[str, str]:
    await asyncio.sleep(items.WAIT_S)
    return {"status": "ok"}


@get("/async/query")
async def async_query() -> list[dict[str, Any]]:
    return await items.read_async()


@get("/async/template", media_type=MediaType.HTML)
async def async_template() -> Template:
    return Template("items.html", context={"items": await items.read_async()})


@post("/async/echo", status_code=200, media_type=OCTETS)
async def async_echo(body: bytes) -> bytes:
    return body


app = Litestar(
    [
        sync_json,
        sync_wait_50ms,
        sync_query,
        sync_template,
        sync_echo,
        async_json,
        async_wait_50ms,
        async_query,
        async_template,
        async_echo,
    ],
    template_config=TemplateConfig(directory=items.TEMPLATES, engine=JinjaTemplateEngine),
)
