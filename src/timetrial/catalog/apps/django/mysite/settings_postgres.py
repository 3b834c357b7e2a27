"""On PostgreSQL, with Django's connection pool.

CONN_MAX_AGE has to be 0: with any other, each request under ASGI leaves a connection behind. The
pool is psycopg's own, which gives way under gevent; psycopg2 would block.
"""

import os

from psycopg.conninfo import conninfo_to_dict

from mysite.processes import share_of
from mysite.settings import *  # noqa: F403 - the usual way to vary settings

POOL_SIZE = share_of(int(os.environ["DATABASE_CONNECTIONS"]))

SERVER = conninfo_to_dict(os.environ["DATABASE_URL"])

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": SERVER.pop("dbname"),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**SERVER, "pool": {"min_size": POOL_SIZE, "max_size": POOL_SIZE}},
    }
}
