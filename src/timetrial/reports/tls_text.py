"""What TLS has agreed on with a server, in words."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.checks.tls import first_handshake, terms
from timetrial.model import Benchmark, Run, TlsHandshakes, counted


def tls_texts(made: TlsHandshakes) -> tuple[str, str]:
    """Return what the first handshake agreed on, and how many there were of each kind."""
    alpn = made.alpn or "none chosen"
    handshakes = f"{counted(made.full, 'full handshake')}, {made.resumed:,} resumed"
    otherwise = f", {made.otherwise:,} agreed otherwise" if made.otherwise else ""
    return f"{made.cipher}, ALPN {alpn}", f"{handshakes}{otherwise}"


def agreed(run: Run, benchmark: Benchmark) -> Iterator[str]:
    """Say what all stacks of a benchmark have agreed on; a finding says it where they differ."""
    cells = (m for m in run.measurements if m.trial.cell.benchmark == benchmark.name)
    made = filter(None, (first_handshake(measurement.windows) for measurement in cells))
    found = {(terms(each), each.alpn) for each in made}
    if len({agreed_on for agreed_on, _ in found}) == 1:
        agreed_on = next(agreed_on for agreed_on, _ in found)
        chosen = sorted({alpn or "none chosen" for _, alpn in found})
        yield f"All connections: {agreed_on}, ALPN {' or '.join(chosen)}."
