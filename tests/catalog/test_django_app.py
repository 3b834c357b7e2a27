"""The Django app answers what the suites expect of it, in a real environment."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from real import environment_for

from timetrial.catalog import load_catalog
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch_builder import prepare_app
from timetrial.stacks.services.services import filled

APP = filled(load_catalog().app("django"), {})
ALONE = {name: each for name, each in APP.workloads.items() if not each.services}
ENDPOINTS = {
    "json": 30,
    "json_query": 970,
    "template_query": 2_814,
    "gateway_1s": 16,
    "gateway_3s": 16,
    "gateway_10s": 16,
    "cache_hit": 16,
    "cache_set": 16,
    "brotli": 6_405,
    "wait_50ms": 16,
}
WAITS = {
    "gateway_1s": 1,
    "gateway_3s": 3,
    "gateway_10s": 10,
    "cache_hit": 0.02,
    "cache_set": 0.2,
    "wait_50ms": 0.05,
}

# Asks for every path with Django's test client. The two sleeping functions write down how long
# they were asked to sleep, and return at once.
ASK = """
import asyncio, inspect, json, sys, time

import django
django.setup()

from django.test import Client
from django.urls import resolve

slept = []
real_sleep = asyncio.sleep

async def sleep(duration_s, *rest):
    slept.append(("asyncio.sleep", duration_s))
    await real_sleep(0)

time.sleep = lambda duration_s: slept.append(("time.sleep", duration_s))
asyncio.sleep = sleep
client = Client(headers={"host": "127.0.0.1:8000"})
answers = {}
for path in json.loads(sys.argv[1]):
    slept.clear()
    response = client.get(path)
    view = resolve(path).func
    answers[path] = {
        "status": response.status_code,
        "body": response.content.decode("latin-1"),
        "length": response.headers.get("Content-Length"),
        "type": response.headers.get("Content-Type"),
        "view": f"{view.__module__}.{view.__qualname__}",
        "is_async": inspect.iscoroutinefunction(view),
        "slept": list(slept),
    }
print(json.dumps(answers))
"""

COMPRESS = """
from pathlib import Path

import brotli

compressed = Path("expected/posts.json.br").read_bytes()
document = Path("myapp/posts.json").read_bytes()
assert brotli.decompress(compressed) == document
assert brotli.compress(document, quality=11) == compressed
"""

SETTINGS = """
import json

import django
django.setup()

from django.conf import settings

print(json.dumps({
    "version": django.VERSION[:2],
    "debug": settings.DEBUG,
    "middleware": settings.MIDDLEWARE,
    "caches": settings.CACHES["default"]["BACKEND"],
    "engine": settings.DATABASES["default"]["ENGINE"],
    "conn_max_age": settings.DATABASES["default"]["CONN_MAX_AGE"],
}))
"""


@dataclass(frozen=True)
class Site:
    environment: Environment
    data_dir: Path

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [str(self.environment.python), *command],
            cwd=APP.folder,
            env={
                **{key: text.format(data=self.data_dir) for key, text in APP.env.items()},
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    environment = environment_for("gunicorn-sync", APP)
    data_dir = tmp_path_factory.mktemp("data")
    prepare_app(APP, environment, data_dir)
    return Site(environment, data_dir)


@pytest.fixture(scope="module")
def answers(site: Site) -> Mapping[str, Mapping[str, Any]]:
    paths = sorted({path for each in ALONE.values() for path in each.paths.values()})
    answers: Mapping[str, Mapping[str, Any]] = json.loads(site.run("-c", ASK, json.dumps(paths)))
    return answers


def test_every_endpoint_has_a_path_as_def_and_as_async_def(
    answers: Mapping[str, Mapping[str, Any]],
) -> None:
    assert sorted(answers) == sorted(
        f"/myapp/{kind}/{endpoint}" for kind in ("sync", "async") for endpoint in ENDPOINTS
    )
    for path, answer in answers.items():
        assert answer["is_async"] == path.startswith("/myapp/async/")


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_workload_gets_the_response_that_it_expects(
    name: str, answers: Mapping[str, Mapping[str, Any]]
) -> None:
    workload = APP.workload(name)
    for path in workload.paths.values():
        assert answers[path]["status"] == workload.expect.status
        assert len(answers[path]["body"]) == workload.expect.body_bytes
        assert workload.expect.body in {answers[path]["body"], None}


def test_bodies_are_as_long_as_in_the_original(answers: Mapping[str, Mapping[str, Any]]) -> None:
    for path, answer in answers.items():
        length = ENDPOINTS[path.rpartition("/")[2]]
        assert (len(answer["body"]), answer["length"]) == (length, str(length))


def test_brotli_compresses_the_document_at_its_highest_quality(
    site: Site, answers: Mapping[str, Mapping[str, Any]]
) -> None:
    compressed = (APP.folder / "expected" / "posts.json.br").read_bytes()
    for kind in ("sync", "async"):
        assert answers[f"/myapp/{kind}/brotli"]["body"].encode("latin-1") == compressed
    site.run("-c", COMPRESS)


def test_the_document_is_the_one_that_its_script_makes(site: Site) -> None:
    made = site.run("-c", "import make_posts; print(make_posts.document(), end='')")
    document = (APP.folder / "myapp" / "posts.json").read_text("utf-8")
    assert (made, len(document), len(json.loads(document))) == (document, 27_520, 100)


def test_no_two_routes_share_a_view(answers: Mapping[str, Mapping[str, Any]]) -> None:
    assert len({answer["view"] for answer in answers.values()}) == len(answers)


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_wait_is_as_long_as_its_name_and_its_manifest_say(
    name: str, answers: Mapping[str, Mapping[str, Any]]
) -> None:
    workload = APP.workload(name)
    wait_s = WAITS.get(name.rpartition("/")[2])
    assert workload.wait_s == (wait_s or 0)
    for path in workload.paths.values():
        sleep = "asyncio.sleep" if path.startswith("/myapp/async/") else "time.sleep"
        assert answers[path]["slept"] == ([] if wait_s is None else [[sleep, wait_s]])


def test_the_database_holds_thirty_rows_in_order(
    answers: Mapping[str, Mapping[str, Any]],
) -> None:
    for kind in ("sync", "async"):
        assert json.loads(answers[f"/myapp/{kind}/json_query"]["body"]) == [
            {"name": f"name{number}", "value": number} for number in range(30)
        ]


def test_the_project_is_the_default_one_on_the_long_term_support_release(site: Site) -> None:
    assert json.loads(site.run("-c", SETTINGS)) == {
        "version": [5, 2],
        "debug": False,
        "middleware": [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "caches": "django.core.cache.backends.locmem.LocMemCache",
        "engine": "django.db.backends.sqlite3",
        "conn_max_age": 0,
    }


def test_the_migrations_say_all_that_the_models_say(site: Site) -> None:
    site.run("manage.py", "makemigrations", "--check", "--dry-run")


def test_setting_up_twice_changes_nothing(site: Site) -> None:
    prepare_app(APP, site.environment, site.data_dir)
    count = "from myapp.models import Item; print(Item.objects.count())"
    said = site.run("manage.py", "shell", "--verbosity", "0", "--command", count)
    assert said.strip() == "30"


def test_serving_and_setting_up_write_nothing_into_the_app(site: Site) -> None:
    assert (site.data_dir / "db.sqlite3").is_file()
    assert not list(APP.folder.rglob("*.sqlite3"))
    assert not list(APP.folder.rglob("__pycache__"))
