"""Compression of messages that some servers agree to, and others do not."""

from __future__ import annotations

import dataclasses

import pytest
from subjects import a_history, a_round, found_in_table

from runs import a_window
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext


def server(name: str, compressing: int | None, opened: int = 16) -> CellContext:
    # Connections are opened once, and serve all windows.
    windows = [
        dataclasses.replace(a_window(connects=opened), compressing=compressing),
        dataclasses.replace(a_window(), compressing=None if compressing is None else 0),
    ]
    return a_history(a_round(*windows, stack=name), stack=name)


def test_servers_that_agree_and_others_are_named_for_all() -> None:
    table = BenchmarkContext((server("uvicorn", 16), server("daphne", 0), server("hypercorn", 16)))
    findings = found_in_table("compression-differs", table)
    assert [finding.cell.stack for finding in findings] == ["uvicorn", "daphne", "hypercorn"]
    assert {finding.severity for finding in findings} == {"doubtful"}
    (evidence,) = {finding.evidence for finding in findings}
    assert evidence.endswith(
        " on all WebSockets: hypercorn and uvicorn compressed; daphne did not."
    )


def test_a_part_of_the_connections_is_a_share() -> None:
    (finding, _) = found_in_table(
        "compression-differs", BenchmarkContext((server("a", 16), server("b", 8)))
    )
    assert finding.evidence.endswith("a compressed; b on 50 %.")


@pytest.mark.parametrize("agreed", [(16, 16), (0, 0), (None, None), (None, 16)])
def test_what_is_alike_or_was_not_offered_is_no_finding(
    agreed: tuple[int | None, int | None],
) -> None:
    servers = tuple(server(name, count) for name, count in zip("ab", agreed, strict=True))
    assert found_in_table("compression-differs", BenchmarkContext(servers)) == []
