"""All endpoints, with cache_hit and cache_set on Redis."""

from django.urls import include, path
from myapp.views import redis_asynchronous, redis_sync


def cache_endpoints(views):
    return [
        path("cache_hit", views.cache_hit),
        path("cache_set", views.cache_set),
    ]


urlpatterns = [
    path("myapp/sync/", include(cache_endpoints(redis_sync))),
    path("myapp/async/", include(cache_endpoints(redis_asynchronous))),
    path("myapp/", include("myapp.urls")),
]
