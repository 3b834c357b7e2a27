"""The same views; their responses get the length that CommonMiddleware adds elsewhere."""

from functools import wraps
from inspect import iscoroutinefunction

from django.urls import include, path
from myapp.urls import async_endpoints, sync_endpoints


def with_lengths(endpoints):
    return [path(str(each.pattern), with_length(each.callback)) for each in endpoints]


def with_length(view):
    if iscoroutinefunction(view):

        @wraps(view)
        async def sized(request):
            return add_length(await view(request))

    else:

        @wraps(view)
        def sized(request):
            return add_length(view(request))

    return sized


def add_length(response):
    response.headers["Content-Length"] = str(len(response.content))
    return response


urlpatterns = [
    path("myapp/sync/", include(with_lengths(sync_endpoints))),
    path("myapp/async/", include(with_lengths(async_endpoints))),
]
