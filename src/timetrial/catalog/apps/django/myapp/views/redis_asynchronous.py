"""The cache endpoints as `async def`, on one pool of connections a process and event loop.

Only for ASGI: under WSGI each request has an event loop of its own, and connections of another
loop cannot be used.
"""

from django.conf import settings
from django.http import HttpResponse
from redis.asyncio import BlockingConnectionPool, Redis

from myapp.cached import HIT_KEY, SET_EXPIRES_S, SET_KEY, VALUE

client = Redis(
    connection_pool=BlockingConnectionPool.from_url(
        settings.REDIS_URL, max_connections=settings.REDIS_POOL_SIZE
    )
)


async def cache_hit(request):
    # Without the key this is an error: a miss is not to be measured as a hit.
    return HttpResponse(bytes(await client.get(HIT_KEY)), content_type="application/json")


async def cache_set(request):
    await client.set(SET_KEY, VALUE, ex=SET_EXPIRES_S)
    return HttpResponse(VALUE, content_type="application/json")
