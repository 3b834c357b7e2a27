"""What programs import from `timetrial` itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

import timetrial

FUNCTIONS = (
    "capacity", "compare", "doctor", "gate", "load", "open_store", "race", "read_run", "run",
    "tune",
)  # fmt: skip
AFTER_ALL_SUBMODULES = """
import importlib, pkgutil, sys
sys.modules["matplotlib"] = None  # as where the extra is not installed
import timetrial

for folder in ("analysis", "cli", "drivers", "features", "machine", "model", "project",
               "reports", "runner", "stacks", "store", "verbs", "web"):
    package = importlib.import_module(f"timetrial.{folder}")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".inside" not in found.name and not found.name.endswith("import_target"):
            importlib.import_module(found.name)
print(*(name for name in sys.argv[1:] if not callable(getattr(timetrial, name))))
"""


@pytest.mark.parametrize("name", timetrial.__all__)
def test_each_public_name_is_what_it_says(name: str) -> None:
    assert getattr(timetrial, name).__name__ == name


def test_public_names_are_sorted_and_all_functions_are_among_them() -> None:
    assert timetrial.__all__ == sorted(timetrial.__all__)
    assert set(FUNCTIONS) <= set(timetrial.__all__)


def test_functions_can_be_called_after_every_module_was_imported_without_an_extra() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", AFTER_ALL_SUBMODULES, *FUNCTIONS],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (shown.returncode, shown.stdout.strip()) == (0, ""), shown.stderr


@pytest.mark.parametrize("verb", ["load", "calibrate"])
def test_a_verb_without_runs_and_pages_starts_without_what_they_take(verb: str) -> None:
    code = f"import timetrial.cli.{verb}, sys; print({{*sys.argv[1:]}} & {{*sys.modules}})"
    names = ("sqlalchemy", "jinja2", "matplotlib", "scipy")
    shown = subprocess.run(
        [sys.executable, "-c", code, *names],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (shown.returncode, shown.stdout.strip()) == (0, "set()"), shown.stderr


def test_a_name_that_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'sprint'"):
        _ = timetrial.sprint
