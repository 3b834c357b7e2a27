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
        path("wait_50ms", views.wait_50ms),
    ]


urlpatterns = [
    path("sync/", include(endpoints(sync))),
    path("async/", include(endpoints(asynchronous))),
]
