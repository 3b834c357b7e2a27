"""What became of connections that were opened one after the other, and held: of one window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldConnections:
    """The connections of one window, each of which was to have one response and stay open."""

    wanted: int
    held: int
    """Open at the end."""
    most: int
    """The most that were open at once."""
    not_kept: int
    """The server ended them with their response."""
    closed: int
    """The server ended them later, …"""
    resets: int
    """… so many of them by a reset."""
    first_failed_s: float | None = None
    """How long after the begin the first of them failed, to a tenth of a second; None: none did."""
    connect_error: int | None = None
    """Error number of the first TCP connect that failed; None: none did."""
    looked_at: int = 0
    """Connections that were open when memory was read; 0: it was not read."""
    memory_before_bytes: int = 0
    """Of the server's process tree, as `Memory.total_bytes`, before the first was opened, …"""
    memory_bytes: int = 0
    """… and while so many were open."""
    files_left: int | None = None
    """Then, of that process of the tree which could open the fewest further files; None where it
    is not known."""

    @property
    def ended_by_server(self) -> int:
        """Those that the server ended, with their response or later."""
        return self.not_kept + self.closed

    @property
    def connection_bytes(self) -> float | None:
        """Memory that each took, on average; None where it was not read, or did not grow."""
        grown = self.memory_bytes - self.memory_before_bytes
        return grown / self.looked_at if self.looked_at and grown > 0 else None
