"""A bit that flips on the disk never changes what a store says: it is refused, or the same."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import NamedTuple

from configurations import looked_at
from runs import a_failure, a_life, a_run, a_suite
from stored import keep
from timetrial.model import BadInput, Run, RunDigest, StoreError
from timetrial.model.stop_rule import StopDecision
from timetrial.runner.digests import up_to_date_digests
from timetrial.store import RunLine, Store

FLIPS = 300
LONGEST_SENTENCE = 300


class Said(NamedTuple):
    runs: tuple[Run, ...] = ()
    lines: tuple[RunLine, ...] = ()
    digests: tuple[RunDigest, ...] = ()


def a_small_run() -> Run:
    suite = a_suite(["granian", "uvicorn"], rounds=1)
    run = looked_at(a_run(suite, failures=[a_failure("uvicorn")], number=1))
    stop = StopDecision("json_query", 1, "it is enough.")
    return dataclasses.replace(run, lives=(a_life(1, "granian"),), stops=(stop,))


def said_by(store: Store) -> Said:
    """Read all that can be read; the rest has to be refused in a sentence."""
    runs: tuple[Run, ...] = ()
    try:
        store._bring_up_to_date()
        try:
            runs = (store.load(1),)
        except (StoreError, BadInput) as error:
            hold_to_a_sentence(error)
        kept = up_to_date_digests(store)
        assert all(len(note) < LONGEST_SENTENCE for note in kept.notes())
        lines = tuple(line for line in store.list_runs() if line.number not in kept.damaged)
        return Said(runs, lines, kept.readable)
    except StoreError as error:
        hold_to_a_sentence(error)
        return Said(runs)


def hold_to_a_sentence(error: Exception) -> None:
    assert 0 < len(str(error)) < LONGEST_SENTENCE


def flipped(whole: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(whole)
    damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def test_a_flipped_bit_changes_nothing_that_a_store_says(tmp_path: Path) -> None:
    run, file = a_small_run(), tmp_path / "one.db"
    with Store.open(file) as store:
        keep(store, run)
        right = said_by(store)
        assert right.runs == (run,)
        assert right.digests
        store.close()
        whole = file.read_bytes()
        chance, unharmed = random.Random(39), 0  # noqa: S311 - no secret
        for number in range(FLIPS):
            # The engine is kept, because it has compiled all queries; its connections are new.
            file.write_bytes(flipped(whole, chance))
            said = said_by(store)
            store.close()
            for part, rightly in zip(said, right, strict=True):
                assert {*map(repr, part)} <= {*map(repr, rightly)}, number
            unharmed += said == right
    assert 0 < unharmed < FLIPS * 0.9
