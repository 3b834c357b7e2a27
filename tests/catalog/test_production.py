"""What manifests say of a server's fitness for production."""

from __future__ import annotations

from datetime import date

import pytest

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.production_schema import Production

SOUND = Production(
    released=date(2026, 9, 25),
    supervision="replaces",
    source="https://pypi.org/project/uvicorn/",
    checked=date(2026, 11, 30),
)


def test_what_is_maintained_and_watched_over_is_fit() -> None:
    assert SOUND.unfit() == ""
    slow = SOUND.model_copy(update={"hazards": ("a slow client blocks a worker",)})
    assert slow.unfit() == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"released": date(2022, 9, 11)}, "its last release is of September 2022"),
        ({"supervision": "none"}, "nothing replaces a worker that dies"),
        (
            {"hazards": ("leaves pipelined requests unanswered",)},
            "it leaves pipelined requests unanswered",
        ),
        (
            {"released": date(2020, 5, 17), "supervision": "none"},
            "its last release is of May 2020 and nothing replaces a worker that dies",
        ),
    ],
)
def test_why_a_server_is_not_fit_is_said(changes: dict[str, object], why: str) -> None:
    assert SOUND.model_copy(update=changes).unfit() == why


def test_every_server_has_facts_with_source_and_date() -> None:
    servers = load_catalog().servers.values()
    assert [server.name for server in servers if server.production is None] == []
    unfit = {server.name for server in servers if server.production and server.production.unfit()}
    assert "bjoern" in unfit
    assert not unfit & {"gunicorn-gthread", "granian-wsgi", "waitress", "uvicorn", "uwsgi-router"}
