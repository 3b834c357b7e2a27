"""What versions of one server have in common when they are started in the same round."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommonStart:
    """Common random numbers: what differs between them then is the version alone."""

    hash_seed: int | None
    """PYTHONHASHSEED, another one in the next round; None where their app sets it."""
    start_bytes: int
    """Length of command and environment, which lie on the stack of the process."""
    fixed_addresses: bool
    """Whether addresses are not randomized (ADDR_NO_RANDOMIZE); the kernel may not permit it."""
