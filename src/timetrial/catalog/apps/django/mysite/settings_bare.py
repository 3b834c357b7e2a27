"""Without middlewares: under ASGI, each stock middleware costs changes between threads."""

from mysite.settings import *  # noqa: F403 - the usual way to vary settings

MIDDLEWARE = []

ROOT_URLCONF = "mysite.urls_bare"

# The admin, which nobody asks for anything here, misses three of them.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]
