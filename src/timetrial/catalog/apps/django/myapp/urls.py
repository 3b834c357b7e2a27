from django.urls import include, path

from myapp.views import asynchronous, sync


def endpoints(views):
    return [
        path("json", views.json),
        path("json_query", views.json_query),
        path("template_query", views.template_query),
        path("gateway_1s", views.gateway_1s),
        path("gateway_3s", views.gateway_3s),
        path("gateway_10s", views.gateway_10s),
        path("cache_hit", views.cache_hit),
        path("cache_set", views.cache_set),
        path("brotli", views.brotli),
        path("requests", views.requests),
        path("httpx", views.httpx),
        path("wait_50ms", views.wait_50ms),
    ]


sync_endpoints = endpoints(sync)
async_endpoints = [*endpoints(asynchronous), path("aiohttp", asynchronous.aiohttp)]

urlpatterns = [
    path("sync/", include(sync_endpoints)),
    path("async/", include(async_endpoints)),
]
