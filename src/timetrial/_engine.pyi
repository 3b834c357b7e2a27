"""Types of the native engine; the code is in engine/src/python.rs."""

from typing import final

@final
class Histogram:
    """Durations in nanoseconds, 1 ns to 1 h, 3 significant digits (HdrHistogram's layout)."""

    def __init__(self) -> None: ...
    def record(self, duration_ns: int, count: int = 1) -> None: ...
    def merge(self, other: Histogram) -> None:
        """Add all counts of `other`."""
    def quantile(self, q: float) -> int:
        """Return the duration in ns that a share of `q` (0 to 1) does not exceed; 0 when empty."""
    @property
    def count(self) -> int: ...
    @property
    def min_ns(self) -> int: ...
    @property
    def max_ns(self) -> int: ...
    @property
    def mean_ns(self) -> float: ...
    @property
    def stdev_ns(self) -> float: ...
    def count_between(self, low_ns: int, high_ns: int) -> int: ...
    def buckets(self) -> list[tuple[int, int, int]]:
        """List (low_ns, high_ns, count) of every bucket that holds something."""
    def encode(self) -> bytes:
        """Return the compressed V2 encoding that every HdrHistogram library reads."""
    @staticmethod
    def decode(encoded: bytes) -> Histogram:
        """Read what `encode` wrote. Raises ValueError when it is something else."""
