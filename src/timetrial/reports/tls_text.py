"""What TLS has agreed on with a server, in words."""

from __future__ import annotations

from timetrial.model import TlsHandshakes, counted


def tls_texts(made: TlsHandshakes) -> tuple[str, str]:
    """Return what the first handshake agreed on, and how many there were of each kind."""
    alpn = made.alpn or "none chosen"
    handshakes = f"{counted(made.full, 'full handshake')}, {made.resumed:,} resumed"
    otherwise = f", {made.otherwise:,} agreed otherwise" if made.otherwise else ""
    return f"{made.cipher}, ALPN {alpn}", f"{handshakes}{otherwise}"
