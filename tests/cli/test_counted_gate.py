"""`timetrial gate --count`: what it refuses, and a real app of which one view costs more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import complaint, timetrial

from timetrial.stacks.counters.valgrind import TRIED, building_parts, find_valgrind

APP = """
NUMBERS = list(range({numbers}))


def total():
    return str(sum(number * 2 for number in NUMBERS) * 0)


def app(environ, start_response):
    body = (total() if environ["PATH_INFO"] == "/sum" else "the same").encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
"""Without a framework: what it imports, Valgrind executes at a fiftieth of the speed."""


def why_not() -> str:
    valgrind = find_valgrind()
    if valgrind is None:
        return "Valgrind is not installed (apt-get install valgrind)"
    if not valgrind.version.startswith(f"{TRIED}."):
        return (
            f"counting was tried with Valgrind {TRIED} alone, and {valgrind.version} is installed "
            "here"
        )
    missing = building_parts(valgrind)
    return missing if isinstance(missing, str) else ""


def git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607 - whichever git is there


@pytest.fixture
def app_that_changed(tmp_path: Path) -> Callable[[int], Path]:
    """Return what makes an app whose view adds so many numbers, which are 400 at main."""

    def made(numbers: int) -> Path:
        git(tmp_path, "init", "--initial-branch", "main")
        (tmp_path / "shop.py").write_text(APP.format(numbers=400), "utf-8")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--message", "before")
        (tmp_path / "shop.py").write_text(APP.format(numbers=numbers), "utf-8")
        return tmp_path

    return made


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--count", "auto", "--metric", "cpu"), "--count judges instructions and system calls"),
        (("--count", "auto", "--old", "a", "--new", "b"), "it needs no stacks and no runs"),
        (("--try-valgrind",), "--try-valgrind is about --count"),
    ],
)
def test_options_that_do_not_go_with_counting_are_refused(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in complaint("gate", ".", *options, folder=tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "2"), "--workers can be 1 alone"),
        (("--python", "a", "--python", "b"), "on one Python"),
        (("--rounds", "4"), "--rounds is about races"),
    ],
)
def test_options_of_a_race_that_cannot_be_counted_are_refused(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in complaint("gate", "shop:app", "--count", "auto", *options, folder=tmp_path)


def counted(folder: Path, *options: str) -> dict[str, Any]:
    ended = timetrial(
        "gate", "shop:app", "--count", "instructions", "--server", "waitress",
        "--path", "/sum", "--path", "/same", "--json", "--python", sys.executable, *options,
        folder=folder, at_most_s=1_800,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)["gate"]
    return told


def calls_of(gate: dict[str, Any]) -> dict[str, str]:
    return {
        judged["cell"]["benchmark"]: judged["call"]
        for judged in gate["judgements"]
        if judged["metric"] == "instructions"
    }


@pytest.mark.live
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_view_that_costs_more_is_found_and_one_that_does_not_is_not(
    app_that_changed: Callable[[int], Path],
) -> None:
    """By a limit that four starts decide."""
    gate = counted(app_that_changed(8_000), "--max-regression", "5%")
    assert calls_of(gate)["GET /sum"] == "regression"
    assert calls_of(gate)["GET /same"] == "within the limit"
    assert any("total.<locals>.<genexpr> (shop.py)" in remark for remark in gate["remarks"])


@pytest.mark.soak
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_one_per_cent_is_found_by_the_usual_limit(
    app_that_changed: Callable[[int], Path],
) -> None:
    gate = counted(app_that_changed(550))
    assert calls_of(gate)["GET /sum"] == "regression"
    assert calls_of(gate)["GET /same"] != "regression"
