"""What users install: the wheel, in an empty environment and without a Rust toolchain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[1]
MATURIN = Path(sys.executable).with_name("maturin")
APP = """from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "Hello world!"
"""
SERVERS = ("gunicorn-gthread", "waitress")


def ended_well(
    *words: str | Path, folder: Path = ROOT, activated: Mapping[str, str] | None = None
) -> str:
    done = subprocess.run(
        list(map(str, words)), cwd=folder, env={**os.environ, **(activated or {})},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_rust(path: str) -> str:
    return os.pathsep.join(
        folder for folder in path.split(os.pathsep) if not (Path(folder) / "cargo").exists()
    )


@pytest.mark.live
def test_the_wheel_races_a_flask_app_where_no_rust_toolchain_is(tmp_path: Path) -> None:
    ended_well(MATURIN, "build", "--release", "--locked", "--quiet", "--out", tmp_path / "dist")
    (wheel,) = (tmp_path / "dist").glob("timetrial-*-cp311-abi3-*.whl")
    environment = tmp_path / "environment"
    activated = {
        "VIRTUAL_ENV": str(environment),
        "PATH": f"{environment}/bin{os.pathsep}{without_rust(os.environ['PATH'])}",
    }
    ended_well(sys.executable, "-m", "venv", "--without-pip", environment)
    ended_well(uv.find_uv_bin(), "pip", "install", wheel, "flask", activated=activated)
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    said = ended_well(
        environment / "bin" / "timetrial", "race", "shop:app", "--servers", ",".join(SERVERS),
        "--budget", "1s", "--no-control", "--json", folder=tmp_path, activated=activated,
    )  # fmt: skip
    raced = {cell["cell"]["stack"] for cell in json.loads(said)["validity"]}
    assert sorted(raced) == sorted(SERVERS)


def test_the_source_archive_holds_all_that_a_wheel_is_built_from(tmp_path: Path) -> None:
    ended_well(MATURIN, "sdist", "--out", tmp_path)
    (archive,) = tmp_path.glob("timetrial-*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    parts = ("src", "engine/src", "engine/bin", "Cargo.lock", "LICENSE", "README.md")
    tracked = set(ended_well("git", "ls-files", *parts).splitlines())
    assert tracked <= held, sorted(tracked - held)
