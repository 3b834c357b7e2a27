"""The Django project on PostgreSQL and with Redis: right answers, and no connection too many."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from backing import packages, postgres, redis
from serving import first_response, launch_of, started

from timetrial.catalog import App, load_catalog
from timetrial.stacks.launch import Launch
from timetrial.stacks.services.services import filled

pytestmark = pytest.mark.live

CATALOG = load_catalog()
CONNECTIONS = 8
CLIENTS = 24
MOST_TRIES = 10
REQUESTS_A_CLIENT = 4

COUNT_POSTGRES = """
import sys, psycopg

with psycopg.connect(sys.argv[1]) as connection:
    query = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    print(connection.execute(query).fetchone()[0] - 1)
"""
COUNT_REDIS = """
import sys, redis

client = redis.Redis.from_url(sys.argv[1])
print(client.info("clients")["connected_clients"] - 1, client.exists("myapp:set"))
"""


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


def on_postgres(url: str) -> App:
    return with_few_connections(filled(CATALOG.app("django-postgres"), {"postgres_url": url}))


def with_redis(url: str) -> App:
    return with_few_connections(filled(CATALOG.app("django-redis"), {"redis_url": url}))


def with_few_connections(app: App) -> App:
    (name,) = (name for name in app.env if name.endswith("_CONNECTIONS"))
    return replace(app, env={**app.env, name: str(CONNECTIONS)})


def ask_from_all_sides(launch: Launch, paths: list[str]) -> set[tuple[int, bytes]]:
    def ask(client: int) -> set[tuple[int, bytes]]:
        connection = http.client.HTTPConnection(launch.host, launch.port, timeout=60)
        answers = set()
        for _ in range(REQUESTS_A_CLIENT):
            connection.request("GET", paths[client % len(paths)])
            response = connection.getresponse()
            answers.add((response.status, response.read()))
        connection.close()
        return answers

    with ThreadPoolExecutor(CLIENTS) as clients:
        return set().union(*clients.map(ask, range(CLIENTS)))


def count(program: str, package: str, url: str) -> list[int]:
    command = [str(packages(package).python), "-c", program, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [int(number) for number in said.stdout.split()]


def serve(
    server: str, app: App, workload: str, data_dir: Path, during: Callable[[Launch], None]
) -> None:
    launch = launch_of(server, app, workload, data_dir)
    with started(launch):
        connection, response = first_response(launch)
        response.read()
        connection.close()
        during(launch)


@pytest.mark.parametrize(
    ("server", "kinds"),
    [
        ("daphne", ["sync", "async"]),
        ("granian-asgi", ["sync", "async"]),
        ("gunicorn-gevent", ["sync"]),
        ("gunicorn-gthread", ["sync"]),
        ("uvicorn", ["sync", "async"]),
        ("waitress", ["sync"]),
    ],
)
def test_on_postgresql_every_server_answers_with_as_many_connections(
    server: str, kinds: list[str], postgres_url: str, tmp_path: Path
) -> None:
    app = on_postgres(postgres_url)

    def held(launch: Launch) -> list[int]:
        for endpoint in ("json_query", "template_query"):
            paths = [f"/myapp/{kind}/{endpoint}" for kind in kinds]
            (answer,) = ask_from_all_sides(launch, paths)
            body = app.workload(endpoint).expect.body
            assert body is not None
            assert answer == (200, body.encode()), launch.log.read_text("utf-8")
        return count(COUNT_POSTGRES, "psycopg[binary,pool]", postgres_url)

    def check(launch: Launch) -> None:
        # A worker to which no client has come yet has opened none: they are asked again.
        for _ in range(MOST_TRIES):
            now = held(launch)
            if now >= [CONNECTIONS]:
                break
        assert now == [CONNECTIONS]

    serve(server, app, "json_query", tmp_path, check)


@pytest.mark.parametrize(
    ("server", "kinds"),
    [
        ("granian-asgi", ["async"]),
        ("gunicorn-gevent", ["sync"]),
        ("gunicorn-gthread", ["sync"]),
        ("uvicorn", ["sync"]),
        ("uvicorn", ["async"]),
    ],
)
def test_with_redis_no_server_opens_more_connections_than_it_may(
    server: str, kinds: list[str], redis_url: str, tmp_path: Path
) -> None:
    app = with_redis(redis_url)

    def check(launch: Launch) -> None:
        for endpoint in ("cache_hit", "cache_set"):
            paths = [f"/myapp/{kind}/{endpoint}" for kind in kinds]
            (answer,) = ask_from_all_sides(launch, paths)
            assert answer == (200, b'{"status": "ok"}'), launch.log.read_text("utf-8")
        connected, is_set = count(COUNT_REDIS, "redis", redis_url)
        assert 0 < connected <= CONNECTIONS
        assert is_set == 1

    # `def` and `async def` have a pool each: only one of them is asked.
    serve(server, app, f"{kinds[0]}/cache_set", tmp_path, check)


def test_without_the_key_a_cache_hit_is_an_error_and_no_hit(redis_url: str, tmp_path: Path) -> None:
    app = replace(with_redis(f"{redis_url[:-1]}1"), setup=())

    def check(launch: Launch) -> None:
        ((status, _),) = ask_from_all_sides(launch, ["/myapp/sync/cache_hit"])
        assert status == 500

    serve("gunicorn-gthread", app, "cache_set", tmp_path, check)
