"""What manifests say of services: which an app needs, and how they are set."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.catalog import build_suite, load_catalog
from timetrial.model.errors import BadInput
from timetrial.model.service import Service
from timetrial.model.suite import DraftSuite

SERVER = """
name = "own"
title = "Own"
interface = "wsgi"
packages = []
command = ["{bin}/python", "-m", "nothing"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
"""
APP = """
name = "shop"
title = "Shop"
interfaces = {{ wsgi = "shop:app" }}
{more}
[workloads.hello]
path = "/"
[workloads.cached]
path = "/cached"
services = ["redis"]
"""
SUITE = """
name = "mine"
title = "Mine"
app = "shop"
servers = ["own"]
rounds = 1
{more}
[[benchmarks]]
workload = "{workload}"
connections = 1
window_ms = 50
lead_in_ms = 0
windows = 2
"""
SERVICE = """
name = "other"
title = "Other"
speaks = "http"
command = ["other", "{port}"]
url = "http://{host}:{port}/"
"""


def suite(
    folder: Path, app: str = "", settings: str = "", workload: str = "hello", service: str = SERVICE
) -> DraftSuite:
    for name, text in {
        "servers/own.toml": SERVER,
        "apps/shop/app.toml": APP.format(more=app),
        "suites/mine.toml": SUITE.format(more=settings, workload=workload),
        "services/other.toml": service,
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    catalog = load_catalog(folder)
    return build_suite(catalog.suite("mine"), catalog)


def refusal(folder: Path, **parts: str) -> str:
    with pytest.raises(BadInput) as refused:
        suite(folder, **parts)
    return str(refused.value).removeprefix(f"{folder}/")


def test_a_run_without_services_has_none(tmp_path: Path) -> None:
    assert suite(tmp_path).services == ()


def test_a_run_needs_the_services_of_its_app_and_of_its_own_workloads(tmp_path: Path) -> None:
    found = suite(tmp_path, 'services = ["fake-database", "other"]', workload="cached")
    assert found.services == (
        Service("fake-database", {"latency": "25ms"}),
        Service("other"),
        Service("redis"),
    )


def test_a_suite_may_set_what_a_service_lets_be_set(tmp_path: Path) -> None:
    settings = '[services.fake-database]\nlatency = "lognormal 25ms 0.5"'
    found = suite(tmp_path, 'services = ["fake-database"]', settings)
    assert found.services == (Service("fake-database", {"latency": "lognormal 25ms 0.5"}),)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (
            'services = ["postgresql"]',
            "services: there is no service called 'postgresql'; did you mean 'postgres'",
        ),
        (
            'env = { DATABASE_URL = "{postgres_url}" }',
            "env: says {postgres_url}, but the services of the app and its workloads are redis",
        ),
        (
            'services = ["postgres"]\nsetup = [["{python}", "{postgres_urls}"]]',
            "setup[0][1]: '{postgres_urls}' has the unknown placeholder {postgres_urls}; known",
        ),
        (
            'services = "postgres"',
            "services: 'postgres' is a text; it must be a list",
        ),
    ],
)
def test_an_app_names_services_that_there_are(app: str, said: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, app=app).startswith(f"apps/shop/app.toml: {said}")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            '[services.fake-database]\nlatency = "fast"',
            "services.fake-database.latency: 'fast' is no latency; examples are 0, 25ms,",
        ),
        (
            '[services.fake-database]\nlatncy = "0"',
            "services.fake-database.latncy: there is no setting of 'fake-database' called 'latncy'",
        ),
        (
            "[services.postgres]",
            "services.postgres: the services of this suite's apps and workloads are: fake-database",
        ),
    ],
)
def test_a_suite_sets_what_can_be_set(settings: str, said: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, app='services = ["fake-database"]', settings=settings)
    assert told.startswith(f"suites/mine.toml: {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('speaks = "http"', 'speaks = "mysql"'), "speaks: 'mysql' is not allowed; it must be"),
        (('"{port}"]', '"{prot}"]'), "command: '{prot}' has the unknown placeholder {prot}"),
        (("{port}/", "{prt}/"), "url: 'http://{host}:{prt}/' has the unknown placeholder {prt}"),
        (
            ("speaks", 'settings.latency = { kind = "latency", default = "soon" }\nspeaks'),
            "settings.latency: has the default 'soon', which is no latency; examples are",
        ),
        (('name = "other"', 'name = "another"'), "name: 'another' must be 'other'"),
    ],
)
def test_a_service_that_is_described_wrongly_is_refused(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    told = refusal(tmp_path, service=SERVICE.replace(*change))
    assert said in told
    assert told.startswith("services/other.toml: ")
