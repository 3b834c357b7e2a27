"""Hazards that manifests name are real; servers that are named for none have none."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hazards import PROBES
from serving import first_response, launch_of, started

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.production_schema import Hazard
from timetrial.stacks.launch import Launch

pytestmark = pytest.mark.live

CLAIMED = [
    (name, hazard)
    for name, server in sorted(load_catalog().servers.items())
    if server.production
    for hazard in server.production.hazards
]
SAFE = ("gunicorn-gthread", "granian-wsgi", "waitress", "uvicorn")
Running = tuple[Launch, subprocess.Popen[bytes]]


@pytest.fixture(name="running")
def _running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    launch = launch_of(request.param, load_catalog().app("raw"), "hello", tmp_path)
    with started(launch) as process:
        connection, response = first_response(launch)
        assert response.status == 200
        connection.close()
        yield launch, process


@pytest.mark.parametrize(("running", "hazard"), CLAIMED, indirect=["running"])
def test_a_hazard_that_a_manifest_names_is_real(running: Running, hazard: Hazard) -> None:
    assert PROBES[hazard](*running)


@pytest.mark.parametrize("running", SAFE, indirect=True)
def test_servers_that_are_named_for_no_hazard_have_none(running: Running) -> None:
    found = [hazard for hazard, probe in PROBES.items() if probe(*running)]
    assert found == []
