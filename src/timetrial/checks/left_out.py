"""Rounds that are missing on purpose: how many, and why."""

from __future__ import annotations

from timetrial.checks.field import Field
from timetrial.checks.rounds import NAME
from timetrial.finding import Finding


def find(field: Field) -> tuple[Finding, ...]:
    severity = field.left_out.severity()
    if severity is None:
        return ()
    return field.finding(NAME, severity, field.left_out.evidence(), field.measured())
