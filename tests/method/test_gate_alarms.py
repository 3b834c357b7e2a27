"""False alarms of the gate are counted on rounds whose noise is known."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from synthetic import recording

import gate_alarms
from recorded import write
from trials import pairs

STACKS = {"two": ("a", "b")}


def test_equal_stacks_pass_and_a_large_loss_is_caught() -> None:
    own = [pairs(recording(STACKS, 24), "two", "a", "b")]
    same = gate_alarms.judged(own, "alternate", times=10)
    assert gate_alarms.counted_at(0.05, same, own).failed.hits == 0
    worse = gate_alarms.judged(own, "alternate", times=10, worse=0.3)
    assert gate_alarms.counted_at(0.05, worse, own).failed.hits == 10


def test_the_tables_go_into_the_document_between_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(recording(STACKS, 12), tmp_path / gate_alarms.FILE)
    document = tmp_path / "gate.md"
    document.write_text(f"a\n{gate_alarms._BEGIN}\nold\n{gate_alarms._END}\nz\n", "utf-8")
    monkeypatch.setattr(gate_alarms, "DOCUMENT", document)
    monkeypatch.setattr(
        sys, "argv", ["gate_alarms.py", "--data", str(tmp_path), "--times", "2", "--write"]
    )
    gate_alarms.main()
    text = document.read_text("utf-8")
    assert text.startswith("a\n")
    assert text.endswith("\nz\n")
    assert "old" not in text
    assert capsys.readouterr().out.strip() in text
