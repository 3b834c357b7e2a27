"""Searches through the command line: what they refuse, and a real one from end to end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import complaint, started, survivors, write
from small_runs import stored

from timetrial.analysis.summarize import summarize
from timetrial.machine.placement import available_cpus
from timetrial.store.store import Store

WSGI = """
import time

def app(environ, start_response):
    time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
AT_MOST_S = 400.0
"""A machine on which others work takes many times as long as this needs by itself."""
FINDING = "importing shop:app to see what it is\n"
HERE = ("tune", "shop:app", "--python", sys.executable)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(tmp_path, {"shop.py": WSGI})
    return tmp_path


def test_a_server_has_to_be_named(shop: Path) -> None:
    assert "missing option '--server'" in complaint("tune", "shop:app", folder=shop)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--memory", "9" * 400), f"'{'9' * 400}' is more than there can be; examples are "),
        (("--memory", "much"), "'much' is no amount of memory; examples are 512MiB and 1GiB"),
        (("--budget", "5s"), "--budget: a search takes 30s or more"),
        (("--rate", "100"), "--rate is for --objective p99"),
        (("--server-cpus", "4096"), "--server-cpus 4096: there are"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    options: tuple[str, ...], sentence: str, shop: Path
) -> None:
    assert sentence in complaint(*HERE, "--server", "waitress", *options, folder=shop)


def test_p99_is_refused_where_the_load_engine_has_no_cpu_of_its_own(shop: Path) -> None:
    cpus = str(len(available_cpus()))
    options = ("--server", "waitress", "--objective", "p99", "--server-cpus", cpus)
    if cpus == "1":
        pytest.skip("needs two CPUs")
    assert "leaves no CPU for the load engine" in complaint(*HERE, *options, folder=shop)


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ("nginx", "there is no server called 'nginx'"),
        ("uvicorn", "--server: 'uvicorn' is for ASGI apps (this one is WSGI)"),
        ("bjoern --variants", "--variants: there is no other setting of 'bjoern' for this app"),
    ],
)
def test_a_server_that_will_not_do_is_refused_with_the_reason(
    server: str, sentence: str, shop: Path
) -> None:
    said = complaint(*HERE, "--server", *server.split(), folder=shop, progress=FINDING)
    assert said.startswith(sentence)


def is_stolen(folder: Path) -> bool:
    """Whether the hypervisor gave so much to others that the last run has no figures."""
    found = [each for table in summarize(stored(folder)).tables for each in table.findings]
    return any((each.name, each.severity) == ("steal", "invalid") for each in found)


@pytest.mark.live
def test_a_search_ends_with_a_recommendation_a_command_and_stored_runs(shop: Path) -> None:
    process = started(
        *HERE, "--server", "gunicorn-gthread", "--connections", "4", "--memory", "1GiB",
        "--budget", "30s", "--seed", "1", "--json", folder=shop,
    )  # fmt: skip
    stdout, stderr = process.communicate(timeout=AT_MOST_S)
    data = json.loads(stdout)
    assert process.returncode == (0 if data["choice"] else 1), stderr
    # Where the machine was not there all the time, there may be no figure to choose by.
    assert data["choice"] or is_stolen(shop)
    if data["choice"]:
        chosen = data["choice"]["candidate"]
        assert chosen["workers"] * chosen["threads"] >= 2
        command = data["deployment"]["command"]
        assert command[command.index("--workers") + 1] == str(chosen["workers"])
        assert command[command.index("--threads") + 1] == str(chosen["threads"])
        assert data["memory"]["worker_bytes"]["value"] > 0
    with Store.open(shop / "timetrial.db") as store:
        assert [line.number for line in reversed(store.list_runs())] == [
            stage["run"] for stage in data["stages"]
        ]
    assert "pilot: " in stderr
    assert "finals: " in stderr
    assert survivors(shop) == []
