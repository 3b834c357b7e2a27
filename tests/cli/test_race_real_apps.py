"""Apps that other processes wrote, from the package index as they are, raced from end to end."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest
import uv
from command_line import started, survivors, write
from small_runs import check_all_answered_right

SHORT = ("--budget", "1s", "--no-control", "--seed", "1")
"""One round, in which trials at a rate are short."""
AT_MOST_S = 300
DATASETTE = """
from datasette.app import Datasette

app = Datasette(["small.db"]).app()
"""
PYPISERVER = """
from pypiserver import app as make

app = make(root="packages")
"""


def environment_with(folder: Path, *packages: str) -> None:
    """Make the project's own virtual environment."""
    # Servers run without writing bytecode; without any, each start would compile it all.
    install = ("pip", "install", "--compile-bytecode", "--python", ".venv/bin/python")
    for words in (["venv", ".venv"], [*install, *packages]):
        subprocess.run(
            [uv.find_uv_bin(), "--quiet", *words], cwd=folder, check=True, timeout=AT_MOST_S
        )


def raced(folder: Path, *arguments: str) -> str:
    """Race a project for one round, and return what is printed, on one line."""
    with started("race", *arguments, "--details", *SHORT, folder=folder) as process:
        stdout, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 0, stdout + stderr
    assert survivors(folder) == []
    return " ".join(stdout.split())


@pytest.mark.live
def test_httpbin_on_a_wsgi_server(tmp_path: Path) -> None:
    environment_with(tmp_path, "httpbin==0.10.2", "setuptools<81")
    paths = ("--path", "3:/json", "--path", "/get?page=1", "--path", "/html")
    said = raced(tmp_path, "httpbin:app", *paths, "--servers", "cheroot")
    check_all_answered_right(tmp_path, "cheroot")
    assert "Flask" in said


@pytest.mark.soak
def test_pypiserver_on_a_wsgi_server(tmp_path: Path) -> None:
    environment_with(tmp_path, "pypiserver==2.3.2")
    write(tmp_path, {"serving.py": PYPISERVER, "packages/small-1.0.tar.gz": "nothing"})
    raced(tmp_path, "serving:app", "--path", "/simple/", "--servers", "granian-wsgi")
    check_all_answered_right(tmp_path, "granian-wsgi")


@pytest.mark.soak
def test_datasette_on_asgi_servers(tmp_path: Path) -> None:
    environment_with(tmp_path, "datasette==0.65.1", "setuptools<81")
    with sqlite3.connect(tmp_path / "small.db") as database:
        database.execute("CREATE TABLE birds (name TEXT, wings INTEGER)")
        database.executemany("INSERT INTO birds VALUES (?, 2)", [(f"bird {n}",) for n in range(20)])
    database.close()
    write(tmp_path, {"serving.py": DATASETTE})
    paths = ("--path", "/small/birds.json?_shape=array", "--path", "/small/birds")
    # Windows are as long as a slow page takes on each of so many connections.
    few = ("--connections", "4")
    raced(tmp_path, "serving:app", *paths, *few, "--servers", "granian-asgi,hypercorn-uvloop")
    check_all_answered_right(tmp_path, "granian-asgi", "hypercorn-uvloop")
