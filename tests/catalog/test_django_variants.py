"""The Django project with other settings, and its bare counterparts, answer the same."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from serving import first_response, launch_of, started

from timetrial.catalog import load_catalog

pytestmark = pytest.mark.live

CATALOG = load_catalog()
PLAIN, BARE = CATALOG.app("django"), CATALOG.app("django-bare")
SHORT = [
    name
    for name, workload in PLAIN.workloads.items()
    if workload.wait_s < 1 and not workload.services
]
NATIVE = [name for name in SHORT if "/" not in name]

Answers = dict[str, tuple[int, bytes, str | None, str | None]]


def answers_of(server: str, app: str, names: list[str], data_dir: Path) -> Answers:
    """Ask for all on one connection: status, body, and the headers that frame and name it."""
    launch = launch_of(server, CATALOG.app(app), names[0], data_dir)
    answers: Answers = {}
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            response.read()
            for name in names:
                paths = CATALOG.app(app).workload(name).paths
                connection.request("GET", paths[CATALOG.server(server).interface])
                response = connection.getresponse()
                headers = [response.getheader(each) for each in ("Content-Length", "Content-Type")]
                answers[name] = (response.status, response.read(), headers[0], headers[1])
                assert connection.sock is not None, f"{name} ended the connection"
    return answers


def test_the_bare_project_has_the_same_workloads() -> None:
    assert {name: each.paths for name, each in BARE.workloads.items()} == {
        name: each.paths for name, each in PLAIN.workloads.items()
    }
    assert BARE.workloads == PLAIN.workloads


@pytest.mark.parametrize("server", ["waitress", "uvicorn"])
def test_other_projects_answer_as_the_whole_one(server: str, tmp_path: Path) -> None:
    """One without middlewares all of it, and the raw app what has no path of its own."""
    plain = answers_of(server, "django", SHORT, tmp_path / "plain")
    bare = answers_of(server, "django-bare", SHORT, tmp_path / "bare")
    assert bare == plain
    raw = answers_of(server, "raw", NATIVE, tmp_path / "raw")
    assert raw == {name: plain[name] for name in NATIVE}
