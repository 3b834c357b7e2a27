"""Records as earlier versions wrote them, made into those of today."""

from __future__ import annotations

from typing import Any


def plan_from_1(plan: dict[str, Any]) -> dict[str, Any]:
    """Workloads were one request each."""
    for contest in plan["suite"]["contests"]:
        before = contest["workload"]
        step = {key: before[key] for key in ("paths", "expect", "wait_s") if key in before}
        contest["workload"] = {"name": before["name"], "steps": [step]}
    return plan
