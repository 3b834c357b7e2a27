"""The version is the same wherever it is written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("engine/Cargo.toml", r'^version = "(.*)"$'),
        ("Cargo.lock", r'^name = "timetrial-engine"\nversion = "(.*)"$'),
        ("engine/fuzz/Cargo.lock", r'^name = "timetrial-engine"\nversion = "(.*)"$'),
        ("CITATION.cff", r"^version: (.*)$"),
        ("CHANGELOG.md", r"^## (\S+) \(.*\)$"),
    ],
)
def test_the_version_is_that_of_the_package(file: str, pattern: str) -> None:
    found = re.search(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert found[1] == VERSION
