"""How long a race is going to take, in one line."""

from __future__ import annotations

import math

from timetrial.model import RaceExpected, counted, whole_minutes

_FEWEST = 2
"""Servers: with fewer of them there is nothing to compare."""


def length_text(expected: RaceExpected) -> str:
    """Write '15 servers: about 6 min 10 s, 3 rounds; …', or how much longer a verdict takes."""
    servers, rounds = counted(expected.servers, "server"), counted(expected.rounds, "round")
    if not expected.is_given:
        about = _tens(expected.budget_s)
        narrower = "--servers narrows it, " if expected.servers > _FEWEST else ""
        return f"{servers}: about {about}, {rounds}; {narrower}--budget sets it"
    if expected.rounds >= expected.rounds_of_verdict:
        return f"{servers}: {rounds} within {_tens(expected.budget_s)}"
    wanted = counted(expected.rounds_of_verdict, "round")
    there = "there is" if expected.rounds == 1 else "there are"
    given = whole_minutes(round(expected.budget_s), brief=True)
    return (
        f"{servers}: a verdict takes {wanted}, about {_tens(expected.verdict_s)}; in the {given} "
        f"of --budget {there} {rounds}, and no verdict"
    )


def _tens(seconds: float) -> str:
    """Write a time in tens of seconds."""
    return whole_minutes(10 * math.ceil(seconds / 10), brief=True)
