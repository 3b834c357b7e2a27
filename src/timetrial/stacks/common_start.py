"""A launch with the hash seed, the addresses and the length of those that it is compared with."""

from __future__ import annotations

from dataclasses import replace

from timetrial.model import CommonStart
from timetrial.stacks.launch import Launch

PADDING = "TIMETRIALPADDING"
HASH_SEED = "PYTHONHASHSEED"
ROOM_BYTES = 128
"""For the variables that are added, and ports with more digits."""


def start_bytes(launch: Launch) -> int:
    """Return how many bytes command and environment take on the stack of a new process."""
    words = (launch.command[0], *launch.command)
    variables = (f"{name}={value}" for name, value in launch.env.items())
    return sum(len(text.encode()) + 1 for text in (*words, *variables))


def in_common(launch: Launch, hash_seed: int, length: int) -> Launch:
    """Give a launch this hash seed, unless its app sets one, and pad it to this length."""
    env = {HASH_SEED: str(hash_seed), **launch.env, PADDING: ""}
    missing = length - start_bytes(replace(launch, env=env))
    own = HASH_SEED in launch.env
    common = CommonStart(None if own else hash_seed, length, fixed_addresses=True)
    return replace(launch, env={**env, PADDING: "x" * missing}, common=common)
