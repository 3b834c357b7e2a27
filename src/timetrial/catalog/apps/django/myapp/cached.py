"""What lies in the cache, and for how long."""

HIT_KEY = "myapp:hit"
SET_KEY = "myapp:set"
VALUE = b'{"status": "ok"}'
SET_EXPIRES_S = 60
