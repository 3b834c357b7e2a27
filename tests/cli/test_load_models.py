"""`timetrial load`: the open model, mixes of requests, pipelining, and where it connects from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from command_line import AT_MOST_S, PROGRAM, environment_in, within
from counting_server import CountingServer, counting_server

WITHOUT_IO_URING = Path(__file__).with_name("without_io_uring.py")


@pytest.fixture(name="server")
def _server() -> Iterator[CountingServer]:
    with counting_server() as server:
        yield server


def as_json(*arguments: str, folder: Path, exit_code: int = 0) -> dict[str, Any]:
    ended = within("load", *arguments, "--json", folder=folder)
    assert ended.returncode == exit_code, ended
    data: dict[str, Any] = json.loads(ended.stdout)
    return data


def mix(folder: Path, lines: Sequence[dict[str, object]]) -> tuple[str, str]:
    (folder / "mix.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return "--requests", "mix.jsonl"


def test_an_open_load_sends_what_its_rate_says(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("--rate", "1000", "-d", "300ms", "--arrival", "constant")
    data = as_json(server.url(), *arguments, folder=tmp_path)
    assert server.asked == {"/hello": 300}
    assert data["requests"]["arrivals"] == data["requests"]["ok"] == 300
    assert data["load_model"] == "open"
    assert data["arrival"] == "constant"
    assert data["arrivals_planned_per_s"] == 1000
    assert data["stages"] == [{"duration_s": 0.3, "rate_from_per_s": 1000, "rate_to_per_s": 1000}]
    assert sum(data["completions_per_100_ms"]) == 300
    assert set(data["failures_per_100_ms"]) == {0}
    for times in ("response_time_ns", "service_time_ns", "lateness_ns"):
        assert data[times]["min"] <= data[times]["p50"] <= data[times]["max"]
    assert data["response_time_ns"]["max"] >= data["service_time_ns"]["p50"] > 0


def test_where_nothing_was_due_no_time_is_made_up_and_the_load_has_failed(
    server: CountingServer, tmp_path: Path
) -> None:
    arguments = (server.url(), "--rate", "0.01", "--arrival", "poisson", "-d", "50ms")
    data = as_json(*arguments, folder=tmp_path, exit_code=3)
    assert data["requests"]["arrivals"] == data["connections_opened"] == 0
    for times in ("response_time_ns", "service_time_ns", "lateness_ns", "iteration_time_ns"):
        assert set(data[times].values()) == {None}
    assert data["connect_time_p50_ns"] is data["connect_time_max_ns"] is None
    assert data["quantiles_that_are_lower_bounds"] == []
    assert "NOTHING SENT" in within("load", *arguments, folder=tmp_path).stdout
    ended = within("load", *arguments, "--details", folder=tmp_path)
    assert ended.returncode == 3
    assert ended.stderr.startswith("timetrial: nothing was sent, ")
    (times,) = (line for line in ended.stdout.splitlines() if line.startswith("response time"))
    assert times.split() == ["response", "time", *"––––––"]


def test_poisson_arrivals_are_repeatable(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("--rate", "1000", "-d", "300ms", "--seed", "7")
    data = [as_json(server.url(), *arguments, folder=tmp_path) for _ in range(2)]
    first, second = (each["requests"]["arrivals"] for each in data)
    assert first == second
    assert 200 < first < 400
    assert server.asked["/hello"] == first + second
    assert {each["seed"] for each in data} == {7}


def test_a_ramp_sends_the_mean_of_its_ends(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("--stage", "0-1000@200ms", "--stage", "1000@100ms", "--arrival", "constant")
    data = as_json(server.url(), *arguments, folder=tmp_path)
    assert data["requests"]["arrivals"] == server.asked["/hello"]
    assert data["requests"]["arrivals"] == pytest.approx(200, abs=1)
    assert 0.3 <= data["duration_s"] < AT_MOST_S


def test_a_closed_load_has_no_schedule(server: CountingServer, tmp_path: Path) -> None:
    data = as_json(server.url(), "-n", "10", folder=tmp_path)
    assert data["load_model"] == "closed"
    of_open = ("arrival", "seed", "stages", "arrivals_planned_per_s")
    assert [data[name] for name in of_open] == [None] * 4
    assert (data["pipeline"], data["fresh_connections"]) == (1, False)


def test_a_mix_reaches_the_server_in_turn(server: CountingServer, tmp_path: Path) -> None:
    paths = ("/echo/a", "/echo/b", "/echo/b", "/hello")
    requests = mix(tmp_path, [{"path": path} for path in paths])
    data = as_json(server.url(""), *requests, "-n", "400", "-c", "1", folder=tmp_path)
    assert server.asked == {"/echo/a": 100, "/echo/b": 200, "/hello": 100}
    assert data["request"] == f"mix.jsonl at {server.url('')}"


def test_each_line_has_its_own_method_body_and_expectation(
    server: CountingServer, tmp_path: Path
) -> None:
    lines: list[dict[str, object]] = [
        {"path": "/echo/post", "method": "POST", "body": "grüß dich"},
        {"path": "/hello", "method": "HEAD", "expect": {"body": ""}},
        {"path": "/teapot", "expect": {"status": 418, "body": "hello"}},
    ]
    requests = mix(tmp_path, lines)
    data = as_json(server.url(""), *requests, "-n", "90", "-c", "1", folder=tmp_path)
    assert data["requests"]["ok"] == 90
    assert server.methods == {"POST": 30, "HEAD": 30, "GET": 30}
    assert server.bodies == {"grüß dich".encode(): 30, b"": 30}
    assert data["responses_by_status"] == {"200": 60, "418": 30}


def test_a_body_on_the_command_line_arrives(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("-X", "POST", "--body", "a=b", "-H", "Content-Type: text/plain", "-n", "20")
    assert as_json(server.url(), *arguments, folder=tmp_path)["requests"]["ok"] == 20
    assert server.bodies == {b"a=b": 20}


def test_pipelined_responses_belong_to_their_requests(
    server: CountingServer, tmp_path: Path
) -> None:
    paths = [f"/echo/{number}" for number in range(7)]
    requests = mix(tmp_path, [{"path": path, "expect": {"body": path}} for path in paths])
    arguments = (*requests, "--pipeline", "16", "-c", "2", "-n", "700")
    data = as_json(server.url(""), *arguments, folder=tmp_path)
    assert data["pipeline"] == 16
    assert data["requests"]["ok"] == data["requests"]["arrivals"] == server.asked.total()
    assert data["connections_opened"] == 2


def test_fresh_connections_serve_one_request_each(server: CountingServer, tmp_path: Path) -> None:
    data = as_json(server.url(), "--fresh", "-n", "40", "-c", "2", folder=tmp_path)
    assert data["fresh_connections"] is True
    assert data["connections_opened"] == data["requests"]["ok"] == 40
    assert data["completions_per_connection"]


def test_it_connects_from_another_address(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("--source", "127.0.0.2", "--source", "127.0.0.3", "-n", "40", "-c", "2")
    assert as_json(server.url(), *arguments, folder=tmp_path)["requests"]["ok"] == 40
    assert server.clients == {"127.0.0.2", "127.0.0.3"}


def test_where_io_uring_is_forbidden_epoll_does_it(server: CountingServer, tmp_path: Path) -> None:
    done = _without_io_uring("load", server.url(), "-n", "20", folder=tmp_path)
    assert done.returncode == 0
    assert server.asked == {"/hello": 20}
    refused = _without_io_uring("load", server.url(), "--backend", "io_uring", folder=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("timetrial: the load cannot be driven: io_uring cannot be")
    assert refused.stderr.count("\n") == 1
    assert server.asked == {"/hello": 20}


def _without_io_uring(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, WITHOUT_IO_URING, PROGRAM, *arguments],
        cwd=folder,
        env=environment_in(folder),
        capture_output=True,
        encoding="utf-8",
        timeout=AT_MOST_S,
        check=False,
    )
