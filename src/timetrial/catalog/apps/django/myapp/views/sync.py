"""Every endpoint as `def`."""

import time

from django.http import JsonResponse
from django.shortcuts import render

from myapp import posts
from myapp.models import Item


def json(request):
    return JsonResponse([{"name": "name", "value": 1}], safe=False)


def json_query(request):
    items = [{"name": item.name, "value": item.value} for item in Item.objects.order_by("pk")]
    return JsonResponse(items, safe=False)


def template_query(request):
    items = list(Item.objects.order_by("pk"))
    return render(request, "myapp/items.html", {"items": items})


def gateway_1s(request):
    return wait(1)


def gateway_3s(request):
    return wait(3)


def gateway_10s(request):
    return wait(10)


def cache_hit(request):
    return wait(0.02)


def cache_set(request):
    return wait(0.2)


def brotli(request):
    return posts.compressed()


def requests(request):
    # Here, not above: the other endpoints are measured without the memory of the clients.
    from myapp import upstream

    return JsonResponse(upstream.by_requests(), safe=False)


def httpx(request):
    from myapp import upstream

    return JsonResponse(upstream.by_httpx(), safe=False)


def wait_50ms(request):
    return wait(0.05)


def wait(duration_s):
    time.sleep(duration_s)
    return JsonResponse({"status": "ok"})
