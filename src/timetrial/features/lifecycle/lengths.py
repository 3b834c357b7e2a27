"""How long the parts of an experiment last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds; the defaults are those of every experiment that users see."""

    before_s: float = 1.0
    """Load before anything happens."""
    after_stop_s: float = 3.0
    """Load after a stop was asked for."""
    after_kill_s: float = 6.0
    """Load after a worker was killed."""
    reload_s: float = 3.0
    """Load after a signal to reload: some servers replace one worker after the other …"""
    reload_of_a_worker_s: float = 3.5
    """… with a pause, so that this comes for each worker …"""
    longest_reload_s: float = 20.0
    """… up to here."""
    load_s: float = 2.0
    """The burst between the two readings of memory."""
    warm_s: float = 0.5
    """The burst before a reload or a kill."""
    pilot_s: float = 1.0
    """The burst of the pilot that finds the rate of all experiments."""
    exit_within_s: float = 10.0
    """From SIGTERM; container runtimes kill after that time, too, if nothing else is said."""

    def after_reload_s(self, workers: int) -> float:
        """Return how long load goes on after a signal to reload so many workers."""
        return min(self.longest_reload_s, self.reload_s + self.reload_of_a_worker_s * workers)
