"""`timetrial load` counts every request, and says nothing on stdout but the result."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import AT_MOST_S, started, survivors, within
from counting_server import CountingServer, counting_server


@pytest.fixture(name="server")
def _server() -> Iterator[CountingServer]:
    with counting_server() as server:
        yield server


def as_json(*arguments: str, folder: Path, exit_code: int) -> dict[str, Any]:
    ended = within("load", *arguments, "--json", folder=folder)
    assert ended.returncode == exit_code, ended
    data: dict[str, Any] = json.loads(ended.stdout)
    return data


def test_the_count_is_what_the_server_saw(server: CountingServer, tmp_path: Path) -> None:
    data = as_json(server.url(), "-c", "4", "-n", "500", folder=tmp_path, exit_code=0)
    assert server.asked == {"/hello": 500}
    assert data["requests"]["arrivals"] == data["requests"]["ok"] == 500
    assert data["responses_by_status"] == {"200": 500}
    assert data["connections_reached"] == data["connections_opened"] == 4


def test_the_parts_of_the_json_add_up(server: CountingServer, tmp_path: Path) -> None:
    data = as_json(server.url(), "-c", "4", "-d", "100ms", folder=tmp_path, exit_code=0)
    requests = data["requests"]
    assert requests["arrivals"] == sum(n for kind, n in requests.items() if kind != "arrivals")
    assert requests["arrivals"] == server.asked["/hello"]
    assert sum(data["responses_by_status"].values()) == requests["ok"]
    assert 0.1 <= data["duration_s"] < AT_MOST_S
    completed = data["completions_per_s"] * data["duration_s"]
    assert requests["ok"] - 4 <= round(completed) <= requests["ok"]
    times = data["response_time_ns"]
    assert 0 < times["min"] <= times["p50"] <= times["p90"] <= times["p99"] <= times["max"]
    assert times["min"] <= times["mean"] <= times["max"]
    assert data["bytes_received"] > 5 * requests["ok"]
    assert data["load_model"] == "closed"
    assert 0 < data["generator"]["cpu_share"] <= 1.05


def test_the_table_says_what_was_measured(server: CountingServer, tmp_path: Path) -> None:
    ended = within("load", server.url(), "-c", "2", "-n", "100", folder=tmp_path)
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert ended.stdout.startswith(f"GET {server.url()} · 2 connections · ")
    assert "OK  100 requests, 0 failed" in ended.stdout
    assert "2 of 2 connections" in ended.stdout
    details = within("load", server.url(), "-c", "2", "-n", "100", "--details", folder=tmp_path)
    assert "100 correct responses" in details.stdout
    quiet = within("load", server.url(), "-c", "2", "-n", "100", "-q", folder=tmp_path)
    assert "0 failed" in quiet.stdout
    assert "Load generator" not in quiet.stdout


def test_user_and_password_of_the_url_are_sent_and_not_shown(
    server: CountingServer, tmp_path: Path
) -> None:
    url = server.url().replace("//", "//me:hush-hush@")
    sent = f"Basic {base64.b64encode(b'me:hush-hush').decode()}"
    ended = within("load", url, "-c", "2", "-n", "20", "--json", folder=tmp_path)
    assert ended.returncode == 0
    assert server.authorizations == {sent: 20}
    assert json.loads(ended.stdout)["request"] == "GET " + server.url().replace("//", "//***@")
    assert not any(secret in ended.stdout for secret in ("hush-hush", sent))
    (tmp_path / "mix.jsonl").write_text(
        '{"path": "/a"}\n{"path": "/b", "headers": {"Authorization": "Bearer abc"}}\n'
    )
    server.authorizations.clear()
    url = url.removesuffix("/hello")
    mix = ("--requests", "mix.jsonl", "-c", "1", "-n", "20")
    assert within("load", url, *mix, folder=tmp_path).returncode == 0
    assert server.authorizations == {sent: 10, "Bearer abc": 10}


def test_a_wrong_status_is_a_failure(server: CountingServer, tmp_path: Path) -> None:
    data = as_json(server.url("/teapot"), "-c", "2", "-n", "50", folder=tmp_path, exit_code=3)
    assert data["requests"]["wrong_status"] == data["requests"]["arrivals"] == 50
    assert data["responses_by_status"] == {"418": 50}
    assert data["completions_per_s"] == 0


def test_an_unusual_status_can_be_expected(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("-c", "2", "-n", "50", "--expect-status", "418")
    data = as_json(server.url("/teapot"), *arguments, folder=tmp_path, exit_code=0)
    assert data["requests"]["ok"] == 50


def test_a_wrong_body_is_a_failure(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("-c", "2", "-n", "50", "--expect-body", "goodbye")
    data = as_json(server.url(), *arguments, folder=tmp_path, exit_code=3)
    assert data["requests"]["wrong_body"] == data["requests"]["arrivals"] == 50
    arguments = ("-c", "2", "-n", "50", "--expect-body", "hello")
    assert within("load", server.url(), *arguments, folder=tmp_path).returncode == 0


def test_parts_of_a_body_may_differ_where_the_template_says_so(
    server: CountingServer, tmp_path: Path
) -> None:
    for template, exit_code in (("h{*}o", 0), ("{*}", 0), ("h{*}x", 3)):
        arguments = ("-c", "2", "-n", "20", "--expect-template", template)
        data = as_json(server.url(), *arguments, folder=tmp_path, exit_code=exit_code)
        assert data["requests"]["wrong_body"] == (20 if exit_code else 0)


def test_each_request_has_a_token_that_proves_the_order(
    server: CountingServer, tmp_path: Path
) -> None:
    arguments = ("-c", "4", "-n", "200", "--pipeline", "4", "--expect-template", "/echo/{token}")
    data = as_json(server.url("/echo/{token}"), *arguments, folder=tmp_path, exit_code=0)
    assert data["requests"]["ok"] == 200
    assert len(server.asked) == 200


def test_timeouts_count_at_their_elapsed_time(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("-c", "10", "-n", "20", "--timeout", "100ms")
    data = as_json(server.url("/never"), *arguments, folder=tmp_path, exit_code=3)
    assert data["requests"]["timeout"] == data["requests"]["arrivals"] == 20
    times = data["response_time_ns"]
    assert 100e6 <= times["min"] <= times["max"] < AT_MOST_S * 1e9
    assert "p50" in data["quantiles_that_are_lower_bounds"]


def test_timeouts_are_shown_as_lower_bounds(server: CountingServer, tmp_path: Path) -> None:
    arguments = ("-c", "10", "-n", "20", "--timeout", "100ms")
    ended = within("load", server.url("/never"), *arguments, folder=tmp_path)
    assert ended.returncode == 3
    assert "20 timed out after 0.1 s" in ended.stdout
    # Of twenty response times, p50 alone has ten beyond it; the longest is shown always.
    assert len(re.findall(r"≥ [\d.]+ m?s\b", ended.stdout)) == 2


def test_more_connections_than_files_are_refused(server: CountingServer, tmp_path: Path) -> None:
    limited = "ulimit -n 100; exec"
    arguments = ["load", server.url(), "-c", "200", "-n", "200"]
    program = str(Path(sys.executable).with_name("timetrial"))
    ended = subprocess.run(
        ["/bin/sh", "-c", f'{limited} "$0" "$@"', program, *arguments],
        capture_output=True, text=True, cwd=tmp_path, timeout=AT_MOST_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "200 connections are more than the " in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_nobody_there_is_a_failure(tmp_path: Path) -> None:
    with counting_server() as server:
        gone = server.url()
    data = as_json(gone, "-c", "2", "-d", "100ms", folder=tmp_path, exit_code=3)
    assert data["requests"]["ok"] == 0
    assert data["requests"]["connect_failed"] > 0
    assert data["connections_reached"] == 0


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/hello", signal.SIGINT), ("/never", signal.SIGINT),
        ("/hello", signal.SIGTERM), ("/hello", signal.SIGHUP),
    ],
)  # fmt: skip
def test_ctrl_c_and_signals_like_it_end_it_with_what_was_measured(
    path: str, sent: signal.Signals, server: CountingServer, tmp_path: Path
) -> None:
    arguments = ("-c", "2", "-d", "10m", "--json")
    with started("load", server.url(path), *arguments, folder=tmp_path) as process:
        _wait_for(server, path, requests=2)
        os.killpg(process.pid, sent)
        stdout, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    requests = json.loads(stdout)["requests"]
    # What was in flight may have been cut off before the server read it.
    assert requests["ok"] <= server.asked[path] <= requests["arrivals"]
    assert requests["censored"] <= 2
    assert requests["arrivals"] == requests["ok"] + requests["censored"]
    assert survivors(tmp_path) == []


def test_progress_goes_to_stderr_where_somebody_looks(
    server: CountingServer, tmp_path: Path
) -> None:
    terminal, end = os.openpty()
    try:
        # A line is drawn once a second.
        arguments = ("load", server.url(), "-c", "2", "-d", "2500ms", "--json")
        os.set_blocking(terminal, False)
        with started(*arguments, folder=tmp_path, stderr=end) as process:
            stdout, _ = process.communicate()
        shown = os.read(terminal, 65_536).decode()
    finally:
        os.close(end)
        os.close(terminal)
    assert process.returncode == 0
    assert "req/s" in shown
    assert "2 connections" in shown
    assert json.loads(stdout)["requests"]["ok"] == server.asked["/hello"]


def _wait_for(server: CountingServer, path: str, requests: int) -> None:
    deadline = time.monotonic() + AT_MOST_S
    while server.asked[path] < requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)
