"""Puts into Redis what cache_hit asks for."""

from django.conf import settings
from django.core.management.base import BaseCommand
from redis import Redis

from myapp.cached import HIT_KEY, VALUE


class Command(BaseCommand):
    help = "Put into Redis what cache_hit asks for."

    def handle(self, *args, **options):
        with Redis.from_url(settings.REDIS_URL) as client:
            client.set(HIT_KEY, VALUE)
