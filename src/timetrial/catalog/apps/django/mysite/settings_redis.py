"""With a real Redis behind cache_hit and cache_set."""

import os

from mysite.processes import share_of
from mysite.settings import *  # noqa: F403 - the usual way to vary settings

ROOT_URLCONF = "mysite.urls_redis"

REDIS_URL = os.environ["REDIS_URL"]

REDIS_POOL_SIZE = share_of(int(os.environ["REDIS_CONNECTIONS"]))
