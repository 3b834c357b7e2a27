"""Real installs of two versions, side by side in one run of the real command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))
from command_line import complaint, within

SUITE = """
name = "small"
title = "Small"
app = "raw"
servers = ["waitress"]
rounds = 1
warm_up = { requests = 100, at_most_s = 0.3, at_least_s = 0.1 }
[[benchmarks]]
workload = "hello"
connections = 4
window_ms = 100
lead_in_ms = 50
windows = 2
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "small.toml").write_text(SUITE, "utf-8")
    return within("run", "small.toml", *options, folder=folder)


def as_json(folder: Path, *options: str) -> dict[str, Any]:
    ended = run(folder, *options, "--json")
    assert ended.returncode == 0, ended.stderr
    document: dict[str, dict[str, Any]] = json.loads(ended.stdout)
    return document["summary"]


def test_two_versions_of_a_server_race_each_other(tmp_path: Path) -> None:
    summary = as_json(tmp_path, "--versions", "waitress==3.0.1", "waitress==3.0.2")
    assert [stack["name"] for stack in summary["run"]["plan"]["suite"]["stacks"]] == [
        "waitress 3.0.1",
        "waitress 3.0.2",
    ]
    packages = {facts["stack"]: facts["packages"] for facts in summary["run"]["facts"]}
    assert "waitress==3.0.1" in packages["waitress 3.0.1"]
    assert "waitress==3.0.2" in packages["waitress 3.0.2"]
    assert all(m["windows"] for m in summary["run"]["measurements"])
    assert "unequal-versions" not in json.dumps(summary)


def test_one_version_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    summary = as_json(tmp_path, "--with", "waitress==3.0.1")
    (facts,) = summary["run"]["facts"]
    assert facts["stack"] == "waitress"
    assert "waitress==3.0.1" in facts["packages"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--versions", "waitress==3.0.1"), "names one version of waitress alone"),
        (("--versions", "waitres==1", "waitres==2"), "did you mean 'waitress'"),
        (("--with", "waitress"), "'waitress' is no package in one version"),
        (("--with", "waitress==1", "--with", "waitress==2"), "--versions measures both"),
        (("--python", "3.99"), "no CPython 3.99 is installed here"),
        (("--resume", "1", "--with", "waitress==1"), "it takes no suite and no changes"),
    ],
)
def test_bad_input_is_one_sentence(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SUITE, "utf-8")
    assert said in complaint("run", "small.toml", *options, folder=tmp_path)


def test_a_version_that_does_not_exist_fails_its_own_stack_alone(tmp_path: Path) -> None:
    ended = run(tmp_path, "--versions", "waitress==3.0.2,waitress==0.0.999")
    assert ended.returncode == 3, ended
    assert "no waitress==0.0.999:" in " ".join(ended.stdout.split())
    assert "Traceback" not in ended.stderr
