"""The catalog that is built in, and a folder of the user's beside it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from timetrial.catalog import Catalog, load_catalog
from timetrial.catalog.loader import BUILT_IN
from timetrial.catalog.suites import build_suite
from timetrial.model.errors import BadInput, ManifestError, UnknownName
from timetrial.stacks.pins import normalised, read_locks

SERVERS = sorted(load_catalog().servers)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def user_app(folder: Path, name: str = "shop") -> None:
    app = folder / "apps" / name
    app.mkdir(parents=True)
    (app / "app.toml").write_text(
        f'name = "{name}"\ntitle = "Shop"\ninterfaces = {{ wsgi = "shop:app" }}\n'
        '[workloads.list]\npath = "/list"\nexpect = { body_file = "list.txt" }\n',
        encoding="utf-8",
    )
    (app / "list.txt").write_bytes("drei Äpfel\r\n".encode())


def user_suite(folder: Path, **changes: str) -> Path:
    lines = {"app": '"raw"', "servers": '["uvicorn"]', "workload": '"hello"', "timeout_s": "10"}
    lines |= changes
    file = folder / "suites" / "mine.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'name = "mine"\ntitle = "Mine"\nrounds = 3\napp = {lines["app"]}\n'
        f"servers = {lines['servers']}\n{lines.get('more', '')}\n"
        f"[[benchmarks]]\nworkload = {lines['workload']}\ntimeout_s = {lines['timeout_s']}\n"
        "connections = 8\nwindow_ms = 150\nlead_in_ms = 50\nwindows = 2\n",
        encoding="utf-8",
    )
    return file


def test_the_programs_and_suites_are_there(catalog: Catalog) -> None:
    frameworks = ("aiohttp", "fasthttp", "japronto", "robyn", "sanic", "tornado", "uvloop")
    programs = {f"{name}-hello" for name in frameworks}
    programs |= {f"{name}-websocket" for name in ("aiohttp", "sanic", "tornado")}
    programs |= {f"{name}-streaming" for name in ("aiohttp", "sanic", "tornado")}
    assert {name for name, app in catalog.apps.items() if app.program} == programs
    assert sorted(catalog.suites) == [
        "baselines",
        "bodies",
        "django-workers",
        "h2c",
        "http2",
        "idle",
        "latency",
        "pipelining",
        "quick",
        "streaming",
        "sync-vs-async",
        "tls",
        "websocket",
    ]


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_says_where_to_listen_and_what_to_serve(catalog: Catalog, server: str) -> None:
    said = " ".join(catalog.server(server).command)
    for placeholder in ("{bin}", "{host}", "{port}", "{app}"):
        assert placeholder in said


def test_only_gunicorns_sync_worker_and_uwsgis_http_socket_close_connections(
    catalog: Catalog,
) -> None:
    closing = [server.name for server in catalog.servers.values() if not server.keep_alive]
    assert closing == ["gunicorn-sync", "uwsgi"]


def test_a_server_that_shares_its_port_says_so_among_its_limits(catalog: Catalog) -> None:
    sharing = {server.name for server in catalog.servers.values() if server.shares_port}
    programs = {name.partition("-")[0] for name in sharing}
    assert programs == {"fastwsgi", "granian", "hypercorn", "socketify"}
    for name in sharing:
        assert any("shares the port" in limit.what for limit in catalog.server(name).limits)


def test_every_server_passes_its_number_of_processes_to_the_app(catalog: Catalog) -> None:
    for server in catalog.servers.values():
        assert server.env["WEB_CONCURRENCY"] == "{workers}"


def test_the_lock_pins_every_package_with_hashes(catalog: Catalog) -> None:
    own = [lock for each in catalog.apps.values() for lock in each.locks]
    own += [lock for each in catalog.servers.values() for lock in each.locks]
    pins = read_locks([*catalog.locks, *own])
    assert all(pin.hashed for pin in pins)
    packages = [package for server in catalog.servers.values() for package in server.packages]
    packages += [package for app in catalog.apps.values() for package in app.packages]
    wanted = {normalised(package.partition("[")[0]) for package in packages}
    assert wanted <= {pin.name for pin in pins}


def test_no_lock_names_a_download_address() -> None:
    for lock in BUILT_IN.rglob("*requirements.txt"):
        assert not re.search(r"://|--index|--find-links", lock.read_text("utf-8")), lock


def test_a_server_may_have_a_lock_of_its_own(catalog: Catalog) -> None:
    locks = {name: server.locks for name, server in catalog.servers.items() if server.locks}
    assert locks.keys() == {"daphne", "meinheld", "velocem"}
    assert locks["meinheld"] == (BUILT_IN / "servers" / "meinheld.requirements.txt",)


def test_every_limit_with_a_number_becomes_a_bound_of_the_stack(catalog: Catalog) -> None:
    suite = build_suite(catalog.suite("baselines"), catalog)
    bounds = {
        stack.name: {limit.of: limit.at_most for limit in stack.limits} for stack in suite.stacks
    }
    assert bounds["waitress"] == {"connections": 10_000, "listen_queue": 2_048}
    assert bounds["cheroot"]["connections"] == 20_000
    assert bounds["uwsgi-http11"]["connections"] == 8
    assert bounds["gunicorn-sync"] == {"response_s": 120}
    assert bounds["gunicorn-asgi"] == {"listen_queue": 100}
    assert bounds["socketify-asgi"]["idle_s"] == 10


def test_servers_that_are_known_to_be_broken_say_when_and_why(catalog: Catalog) -> None:
    broken = {(s.name, each.when) for s in catalog.servers.values() for each in s.broken}
    assert broken == {
        ("velocem", "always"),
        *((name, "pipelining") for name in ("bjoern", "gunicorn-sync", "uwsgi", "uwsgi-http11")),
    }
    assert [each.when for each in catalog.server("japronto-hello").broken] == ["pipelining"]


def test_the_version_of_a_program_in_go_is_the_one_that_is_built(catalog: Catalog) -> None:
    fasthttp = catalog.server("fasthttp-hello")
    module = (fasthttp.folder / "go.mod").read_text("utf-8")
    assert f"github.com/valyala/fasthttp v{fasthttp.version}\n" in module


def test_apps_do_not_import_timetrial() -> None:
    for file in (BUILT_IN / "apps").rglob("*.py"):
        assert "timetrial" not in file.read_text("utf-8")


def test_an_unknown_name_offers_the_nearest_known_ones(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match="no server called 'unicorn'; did you mean 'uvicorn'"):
        catalog.server("unicorn")
    with pytest.raises(UnknownName, match="no app called 'djagno'; did you mean 'django'"):
        catalog.app("djagno")
    with pytest.raises(UnknownName, match="no suite called 'quikc'; did you mean 'quick'"):
        catalog.suite("quikc")
    with pytest.raises(UnknownName, match="no workload called 'helo'; did you mean 'hello'"):
        catalog.app("raw").workload("helo")


def test_a_users_app_is_listed_beside_the_built_in_ones(tmp_path: Path) -> None:
    user_app(tmp_path)
    catalog = load_catalog(tmp_path)
    assert catalog.app("shop").folder == tmp_path / "apps" / "shop"
    assert "django" in catalog.apps


def test_a_body_file_is_read_byte_for_byte(tmp_path: Path) -> None:
    user_app(tmp_path)
    expect = load_catalog(tmp_path).app("shop").workload("list").expect
    assert (expect.body, expect.body_bytes) == ("drei Äpfel\r\n", 13)


def test_a_path_without_interface_is_there_for_all_that_the_app_speaks(catalog: Catalog) -> None:
    assert catalog.app("raw").workload("hello").paths == {
        "wsgi": "/hello",
        "asgi": "/hello",
        "rsgi": "/hello",
    }
    assert catalog.app("starlette").workload("hello").paths == {"asgi": "/hello"}


def test_a_native_workload_goes_to_the_view_that_suits_the_interface(catalog: Catalog) -> None:
    assert catalog.app("django").workload("json_query").paths == {
        "wsgi": "/myapp/sync/json_query",
        "asgi": "/myapp/async/json_query",
    }


def test_a_users_entry_may_not_take_the_name_of_one_built_in(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir()
    shutil.copy(BUILT_IN / "servers" / "uvicorn.toml", tmp_path / "servers")
    with pytest.raises(ManifestError, match=r"'uvicorn' is the name of .*uvicorn\.toml already"):
        load_catalog(tmp_path)


def test_a_folder_without_manifests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no servers/\*\.toml, apps/\*/app\.toml, suites"):
        load_catalog(tmp_path / "nothing")


def test_a_users_lock_comes_before_the_one_built_in(tmp_path: Path) -> None:
    user_app(tmp_path)
    (tmp_path / "requirements.txt").write_text("django==5.2.1\n", encoding="utf-8")
    locks = load_catalog(tmp_path).locks
    assert locks == (tmp_path / "requirements.txt", BUILT_IN / "requirements.txt")
    assert [pin.version for pin in read_locks(locks) if pin.name == "django"] == ["5.2.1"]


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        ({"app": '"rwa"'}, "app", "no app called 'rwa'; did you mean 'raw'?"),
        ({"servers": '["waitress", "unicorn"]'}, "servers[1]", "did you mean 'uvicorn'"),
        ({"workload": '"helo"'}, "benchmarks[0].workload", "no workload called 'helo'"),
        ({"servers": "[]"}, "servers", "this key is missing, and there are no stacks either"),
        ({"servers": '["uvicorn", "uvicorn"]'}, "servers[1]", "'uvicorn' comes 2 times"),
        (
            {"app": '"starlette"', "servers": '["waitress"]'},
            "servers[0]",
            "'waitress' speaks wsgi, the app 'starlette' only asgi",
        ),
        (
            {"more": '[[stacks]]\nserver = "unicorn"'},
            "stacks[0].server",
            "no server called 'unicorn'",
        ),
        (
            {"more": '[[stacks]]\nserver = "uvicorn"\nworkers = 1'},
            "stacks[0]",
            "'uvicorn' comes 2 times; tell them apart with 'name'",
        ),
        (
            {"workload": '"wait_50ms"', "timeout_s": "0.05"},
            "benchmarks[0].timeout_s",
            "0.05 s is no longer than 'wait_50ms' waits by design",
        ),
    ],
)
def test_a_suite_that_names_what_is_not_there_is_refused(
    tmp_path: Path, changes: dict[str, str], key: str, problem: str
) -> None:
    file = user_suite(tmp_path, **changes)
    with pytest.raises(ManifestError) as caught:
        load_catalog(tmp_path)
    assert (caught.value.file, caught.value.key) == (file, key)
    assert problem in caught.value.problem


def test_a_variant_of_no_server_is_refused(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir()
    text = (BUILT_IN / "servers" / "waitress.toml").read_text("utf-8")
    text = text.replace('name = "waitress"', 'name = "mine"\nvariant_of = "waitres"', 1)
    (tmp_path / "servers" / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=r"'waitress'") as refusal:
        load_catalog(tmp_path)
    assert refusal.value.key == "variant_of"
