"""Which server serves an app where one is wanted and none was named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from races import a_project
from timetrial.catalog import Catalog, load_catalog
from timetrial.features.race.eligible_servers import DefaultServer, default_server
from timetrial.model.workload import Interface


@pytest.fixture(scope="module", name="catalog")
def _catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize(
    ("speaks", "server", "kind"),
    [
        (("wsgi",), "gunicorn-gthread", "WSGI"),
        (("asgi",), "uvicorn", "ASGI"),
        (("asgi", "wsgi"), "gunicorn-gthread", "WSGI"),
    ],
)
def test_it_is_the_usual_one_of_the_interface(
    speaks: tuple[Interface, ...], server: str, kind: str, catalog: Catalog
) -> None:
    why = f"it is the usual one for {kind} apps, which this is"
    assert default_server(catalog, a_project(*speaks)) == DefaultServer(server, why)


def test_without_a_usual_one_it_is_the_first_that_can_serve(catalog: Catalog) -> None:
    servers = {n: each for n, each in catalog.servers.items() if not each.usual}
    found = default_server(replace(catalog, servers=servers), a_project("asgi"))
    first = "it is the first of the catalog that can serve the app"
    assert found == DefaultServer("daphne", first)


def test_each_interface_has_one_usual_server_at_most(catalog: Catalog) -> None:
    usual = [server.interface for server in catalog.servers.values() if server.usual]
    assert sorted(usual) == ["asgi", "wsgi"]
