"""What servers speak beside HTTP/1.1 is data, and so is how that is switched on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.catalog import build_suite, load_catalog, read_server
from timetrial.catalog.protocol_schema import Spoken
from timetrial.model import ManifestError, Protocol
from timetrial.stacks.pins import normalised, read_locks

CATALOG = load_catalog()
SUITE = build_suite(CATALOG.suite("websocket"), CATALOG)
SERVER = """
name = "mine"
title = "Mine"
interface = "asgi"
packages = []
command = ["{bin}/mine", "--host", "{host}", "--port", "{port}", "{app}"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
[protocols]
"""
WORDS = st.lists(st.sampled_from(["--a", "b", "c", "--d"]), min_size=1, max_size=6)


def test_every_server_says_whether_it_speaks_websocket() -> None:
    unknown = [name for name, server in CATALOG.servers.items() if not server.protocols.websocket]
    assert not unknown
    for server in CATALOG.servers.values():
        assert bool(server.silent_on("websocket")) == (server.interface == "wsgi"), server.name


@pytest.mark.parametrize(
    ("name", "protocol", "absent", "present"),
    [
        ("uvicorn", "websocket", "none", "websockets-sansio"),
        ("granian-rsgi", "websocket", "--no-ws", "--interface"),
        ("gunicorn-asgi", "unix_socket", "{host}:{port}", "unix:{socket}"),
        ("waitress", "unix_socket", "--listen={host}:{port}", "--unix-socket={socket}"),
        ("hypercorn-uvloop", "tls", "--ssl-certfile", "--certfile"),
        ("granian-asgi", "h2c", "1", "auto"),
    ],
)
def test_a_protocol_changes_the_command(
    name: str, protocol: Protocol, absent: str, present: str
) -> None:
    server = CATALOG.server(name)
    speaking = server.speaking([protocol])
    assert absent not in speaking.command
    assert present in speaking.command
    assert speaking.command[-1] == server.command[-1]
    assert server.speaking([]) == server


def test_packages_of_protocols_are_pinned() -> None:
    pins = {pin.name for pin in read_locks(CATALOG.locks)}
    needed = {
        normalised(package.partition("[")[0])
        for server in CATALOG.servers.values()
        for _, spoken in server.protocols.spoken()
        for package in spoken.packages
    }
    assert needed <= pins
    assert "websockets" in CATALOG.server("uvicorn").speaking(["websocket"]).packages


@given(before=WORDS, dropped=WORDS, added=WORDS, after=WORDS)
def test_words_are_replaced_in_their_place_and_no_others(
    before: list[str], dropped: list[str], added: list[str], after: list[str]
) -> None:
    marked = ("--drop", *dropped)
    spoken = Spoken(drop=marked, add=tuple(added))
    assert spoken.switched_on((*before, *marked, *after)) == (*before, *added, *after)
    behind = Spoken(add=tuple(added))
    assert behind.switched_on((*before, "{app}")) == (*before, *added, "{app}")
    assert behind.switched_on(("{app}", *before)) == ("{app}", *before, *added)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('websocket = { drop = ["--no-ws"] }', "drops '--no-ws', which the command does not say"),
        ('tls = { add = ["{certificat}"] }', "did you mean {certificate}?"),
        ('tls = { no = "has none", add = ["x"] }', "neither drop nor add nor packages"),
        ("quic = {}", "'quic' is no known key"),
    ],
)
def test_what_cannot_be_switched_on_is_refused(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"{SERVER}{line}\n", encoding="utf-8")
    with pytest.raises(ManifestError) as refused:
        read_server(file)
    assert said in str(refused.value)


def test_what_is_not_known_is_tried(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SERVER, encoding="utf-8")
    server = read_server(file)
    assert server.silent_on("websocket") == ""
    assert server.speaking(["websocket", "tls"]) == server


def test_servers_that_cannot_are_rows_with_their_reason() -> None:
    for stack in SUITE.stacks:
        cannot = stack.interface == "wsgi"
        assert SUITE.skips(stack) == cannot
        for benchmark in SUITE.benchmarks:
            failure = stack.known_failure_in(benchmark)
            assert (failure is not None) == cannot
            assert failure is None or (failure.when, bool(failure.reason)) == ("websocket", True)
    assert {stack.interface for stack in SUITE.stacks} == {"asgi", "rsgi", "wsgi", "program"}


def test_only_stacks_with_messages_have_websockets_switched_on() -> None:
    assert {stack.protocols for stack in SUITE.stacks} == {("websocket",)}
    uvicorn = SUITE.stack("uvicorn")
    assert "none" not in CATALOG.serving(uvicorn).command
    of_http = dataclasses.replace(uvicorn, protocols=())
    assert CATALOG.serving(of_http).command == CATALOG.server("uvicorn").command
    quick = build_suite(CATALOG.suite("quick"), CATALOG)
    assert {stack.protocols for stack in quick.stacks} == {()}
