"""A server that cannot pipeline is told from one that can, and how it fails is said."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.machine.ports import free_port
from timetrial.model.errors import StackFailed
from timetrial.model.workload import Expectation, Request
from timetrial.stacks import pipelining
from timetrial.stacks.pipelining import check_pipelines

HOST = "127.0.0.1"
HELLO = Request("/", Expectation(body="hello"))
UP_WITHIN_S = 60.0


@contextlib.contextmanager
def serving(kind: str) -> Iterator[int]:
    port = free_port(HOST)
    program = Path(__file__).with_name("pipelining_servers.py")
    process = subprocess.Popen([sys.executable, str(program), kind, str(port)])
    try:
        _await(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while True:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def test_all_responses_in_order_are_fine() -> None:
    with serving("answers_all") as port:
        check_pipelines(HOST, port, HELLO, 5, "/echo/{token}")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (
            "answers_one_and_closes",
            r"of 5 requests in one piece, 1 was answered, then the connection was closed",
        ),
        ("answers_one_and_hangs", r"1 was answered, then no complete answer in 0\.3 s"),
        (
            "closes_after_a_batch",
            r"of 5 requests in one piece, sent again on the same connection, 0 were answered",
        ),
    ],
)
def test_missing_responses_are_counted(
    kind: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelining, "ANSWERS_WITHIN_S", 0.3)
    with serving(kind) as port, pytest.raises(StackFailed, match=reason):
        check_pipelines(HOST, port, HELLO, 5)


def test_responses_that_look_alike_do_not_prove_their_order_but_echoes_do() -> None:
    with serving("answers_in_reverse") as port:
        check_pipelines(HOST, port, HELLO, 5)
        with pytest.raises(StackFailed, match=r"number 1 .*body"):
            check_pipelines(HOST, port, HELLO, 5, "/echo/{token}")


def test_echoes_prove_the_order_under_load_too() -> None:
    echo = Request("/echo/{token}", Expectation(body_template="{token}"))
    alone = SessionConfig(connections=1, cpus=(), timeout_s=60.0, pipeline=5)
    counts = {}
    for kind in ("answers_all", "answers_in_reverse"):
        with serving(kind) as port:
            target = Target(f"{HOST}:{port}", HOST, (echo,))
            with NativeDriver().open([target], alone) as session:
                counts[kind] = session.run_load(LoadSpec(0, 0.2, drain_s=60.0)).overall
    assert counts["answers_all"].ok == counts["answers_all"].arrivals > 0
    assert counts["answers_in_reverse"].wrong_order
