"""Every endpoint as `async def`."""

import asyncio

from django.http import JsonResponse
from django.shortcuts import render

from myapp import posts
from myapp.models import Item


async def json(request):
    return JsonResponse([{"name": "name", "value": 1}], safe=False)


async def json_query(request):
    items = [{"name": item.name, "value": item.value} async for item in Item.objects.order_by("pk")]
    return JsonResponse(items, safe=False)


async def template_query(request):
    items = [item async for item in Item.objects.order_by("pk")]
    return render(request, "myapp/items.html", {"items": items})


async def gateway_1s(request):
    return await wait(1)


async def gateway_3s(request):
    return await wait(3)


async def gateway_10s(request):
    return await wait(10)


async def cache_hit(request):
    return await wait(0.02)


async def cache_set(request):
    return await wait(0.2)


async def brotli(request):
    return posts.compressed()


async def requests(request):
    """Block the event loop, as a client without async does; here, too, that is the point."""
    # Here, not above: the other endpoints are measured without the memory of the clients.
    from myapp import upstream

    return JsonResponse(upstream.by_requests(), safe=False)


async def httpx(request):
    from myapp import upstream

    return JsonResponse(await upstream.by_httpx_async(), safe=False)


async def aiohttp(request):
    from myapp import upstream

    return JsonResponse(await upstream.by_aiohttp(), safe=False)


async def wait_50ms(request):
    return await wait(0.05)


async def wait(duration_s):
    await asyncio.sleep(duration_s)
    return JsonResponse({"status": "ok"})
