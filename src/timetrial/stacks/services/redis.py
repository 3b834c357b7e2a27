"""Redis and compatible servers: a correct response is PONG."""

from __future__ import annotations

import redis

from timetrial.stacks.services.client import Access, ServiceCounts


class RedisClient:
    def __init__(self, access: Access) -> None:
        self._client = redis.Redis.from_url(access.url)
        self._own_commands = 0

    def problem(self, timeout_s: float) -> str | None:
        pool = self._client.connection_pool
        pool.connection_kwargs |= {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
        self._own_commands += 1
        try:
            self._client.ping()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise OSError(str(error)) from error
        except redis.RedisError as error:
            return f"answered PING with an error ({error})"
        return None

    def counts(self) -> ServiceCounts:
        try:
            stats = self._client.info("stats")
        except redis.RedisError as error:
            raise OSError(str(error)) from error
        commands = stats["total_commands_processed"] - self._own_commands
        self._own_commands += 1
        return ServiceCounts(opened=stats["total_connections_received"], requests=commands)

    def close(self) -> None:
        self._client.close()
