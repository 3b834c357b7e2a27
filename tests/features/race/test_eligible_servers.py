"""Who takes part in a race: one of each server that can, or who is asked for."""

from __future__ import annotations

import pytest

from races import a_project
from timetrial.catalog import Catalog, load_catalog
from timetrial.features.race.eligible_servers import EligibleServers, eligible_servers
from timetrial.model.errors import BadInput, UnknownName


@pytest.fixture(scope="module", name="catalog")
def _catalog() -> Catalog:
    return load_catalog()


def names(found: EligibleServers) -> set[str]:
    return {server.name for server in found.servers}


def whys(found: EligibleServers) -> dict[str, str]:
    return {excluded.server: excluded.why for excluded in found.excluded_servers}


def test_an_asgi_app_is_raced_on_one_setting_of_each_server(catalog: Catalog) -> None:
    assert names(eligible_servers(catalog, a_project("asgi"))) == {
        "daphne", "granian-asgi", "gunicorn-asgi", "gunicorn-uvicorn", "hypercorn-uvloop",
        "uvicorn",
    }  # fmt: skip


def test_a_wsgi_app_is_raced_on_one_setting_of_each_server(catalog: Catalog) -> None:
    assert names(eligible_servers(catalog, a_project("wsgi"))) == {
        "bjoern", "cheroot", "gevent", "granian-wsgi", "gunicorn-gevent", "gunicorn-gthread",
        "gunicorn-sync", "uwsgi-router", "waitress",
    }  # fmt: skip


def test_an_app_of_both_kinds_is_raced_on_both(catalog: Catalog) -> None:
    both = names(eligible_servers(catalog, a_project("wsgi", "asgi")))
    assert both == names(eligible_servers(catalog, a_project("wsgi"))) | names(
        eligible_servers(catalog, a_project("asgi"))
    )


def test_everybody_takes_part_or_is_absent_with_a_reason(catalog: Catalog) -> None:
    for asked in (None, "all"):
        found = eligible_servers(catalog, a_project("asgi"), asked)
        assert names(found) | whys(found).keys() == set(catalog.servers)
        assert not names(found) & whys(found).keys()


@pytest.mark.parametrize(
    ("server", "python", "why"),
    [
        pytest.param("uvicorn", "3.13.0", "for ASGI apps (this one is WSGI)", id="interface"),
        pytest.param(
            "granian-rsgi", "3.13.0", "for RSGI apps (this one has no __rsgi__)", id="no RSGI"
        ),
        pytest.param("uwsgi", "3.13.0", "another setting of uwsgi-router", id="variant"),
        pytest.param(
            "meinheld", "3.13.0", "for Python 3.11 (this is CPython 3.13.0)", id="version"
        ),
        pytest.param("fastwsgi", "3.13.0", "left aside, because {0.aside}", id="aside"),
        pytest.param(
            "velocem", "3.11.7", "known to be broken: it {0.broken[0].reason}", id="broken"
        ),
    ],
)
def test_reasons_say_what_is_in_the_way(
    catalog: Catalog, server: str, python: str, why: str
) -> None:
    found = whys(eligible_servers(catalog, a_project("wsgi", python=f"CPython {python}")))
    assert found[server] == why.format(catalog.servers[server])


def test_all_means_other_settings_of_the_same_servers_too(catalog: Catalog) -> None:
    found = eligible_servers(catalog, a_project("asgi"), "all")
    assert {"uvicorn-asyncio", "hypercorn-trio", "socketify-asgi"} <= names(found)
    excluded_servers = {
        catalog.servers[excluded.server].interface for excluded in found.excluded_servers
    }
    assert excluded_servers == {"wsgi", "rsgi"}
    assert len(set(whys(found).values())) == 2


def test_named_servers_race_in_that_order_and_no_other_is_mentioned(catalog: Catalog) -> None:
    found = eligible_servers(catalog, a_project("asgi"), " uvicorn-h11, daphne,uvicorn-h11")
    assert [server.name for server in found.servers] == ["uvicorn-h11", "daphne"]
    assert found.excluded_servers == ()


def test_a_named_server_that_cannot_serve_the_app_is_left_out_with_the_reason(
    catalog: Catalog,
) -> None:
    found = eligible_servers(catalog, a_project("asgi"), "waitress,uvicorn,meinheld,daphne")
    assert [server.name for server in found.servers] == ["uvicorn", "daphne"]
    assert whys(found) == dict.fromkeys(
        ["waitress", "meinheld"], "for WSGI apps (this one is ASGI)"
    )


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("waitress", "--servers: 'waitress' is for WSGI apps (this one is ASGI)"),
        (
            "waitress,granian-rsgi",
            (
                "--servers: 'waitress' is for WSGI apps (this one is ASGI); "
                "'granian-rsgi' is for RSGI apps (this one has no __rsgi__)"
            ),
        ),
        (" , ", "--servers names none; `timetrial list servers` shows what there is"),
    ],
)
def test_a_race_without_any_server_that_can_take_part_is_refused(
    catalog: Catalog, asked: str, sentence: str
) -> None:
    with pytest.raises(BadInput) as raised:
        eligible_servers(catalog, a_project("asgi"), asked)
    assert str(raised.value) == sentence


def test_a_name_that_is_no_servers_is_answered_with_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match="did you mean 'uvicorn'"):
        eligible_servers(catalog, a_project("asgi"), "uvicron")


def test_every_variant_names_a_server_that_stands_for_itself(catalog: Catalog) -> None:
    for server in catalog.servers.values():
        if server.variant_of is not None:
            stands = catalog.servers[server.variant_of]
            assert (stands.variant_of, stands.aside) == (None, "")
            assert stands.interface == server.interface
