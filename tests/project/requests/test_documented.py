"""What docs/requests.md shows of files is what can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from timetrial.model.events import unobserved
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.request_mix import mix_of

PAGE = Path(__file__).parents[3] / "docs" / "requests.md"


def block(language: str) -> str:
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(found)


def test_the_file_of_requests_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    file.write_text(block("json"), encoding="utf-8")
    mix = mix_of(RequestOptions(requests_file=file, allow_writes=True), unobserved)
    assert [(asked.label, asked.weight) for asked in mix.requests] == [
        ("GET /", 10),
        ("GET /search?q=tea", 3),
        ("order", 1),
    ]


def test_the_scenario_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(block("toml"), encoding="utf-8")
    mix = mix_of(RequestOptions(scenario_file=file), unobserved, messages=True)
    assert [asked.label for asked in mix.requests] == ["GET /", "search", "WebSocket /chat"]
    assert [asked.think.average_s for asked in mix.requests] == pytest.approx([0.5, 0.5, 0.0])
