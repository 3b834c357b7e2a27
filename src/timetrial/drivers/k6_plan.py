"""The input of k6.js as JSON: requests, options and the window."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.model import ANYTHING, NS_PER_S, ArrivalSchedule, Expectation, Request

OUTCOMES = (
    "ok", "wrong_status", "wrong_body", "connect_failed", "reset", "closed_early", "malformed",
    "timeout", "other",
)  # fmt: skip
RESULT = "result.json"
TRENDS = ("blocked", "connecting", "sending", "waiting", "receiving", "duration")
SHOWN = ("avg", "min", "med", "max", "p(90)", "p(95)")
"""The statistics that k6 shows by default."""
MOST_PLANNED_USERS = 100
"""Users that an open load starts with; more are made if needed, up to its connections."""

_RATE_UNIT_S = 1_000
"""k6 takes whole numbers of requests for a span of time: this one gives steps of 0.001/s."""

SHARES = tuple(
    part / 100_000
    for part in sorted({
        *range(0, 100_001, 100), *range(99_000, 100_001, 10), *range(99_900, 100_001)
    })
)  # fmt: skip
"""The requested quantiles: each permille, and finer ones in the tail."""


def stat(share: float) -> str:
    """Name a quantile as k6 does: 0.9 → 'p(90)'."""
    return f"p({100 * share:.10g})"


def plan(target: Target, setting: SessionConfig, spec: LoadSpec) -> dict[str, Any]:
    return {
        "requests": [_request(request, target) for request in target.requests],
        "think": None if spec.users is None else [asdict(think) for think in spec.users.think],
        "seed": 0 if spec.users is None else spec.users.seed,
        "timeout": f"{setting.timeout_s * 1000:.0f}ms",
        "lead_in_ms": round(spec.lead_in_s * 1000),
        "window_ms": round(spec.window_s * 1000),
        "outcomes": OUTCOMES,
        "result": RESULT,
        "options": _options(target, setting, spec),
    }


def in_window(metric: str, step: int | None = None) -> str:
    """Name the part of a metric inside the window, and for one step if it is given."""
    return f"{metric}{{phase:window{'' if step is None else f',step:{step}'}}}"


def _options(target: Target, setting: SessionConfig, spec: LoadSpec) -> dict[str, Any]:
    parts = [in_window(f"http_req_{trend}") for trend in TRENDS]
    if len(target.requests) > 1:
        parts += [in_window("http_req_duration", step) for step in range(len(target.requests))]
    if spec.users is not None:
        parts.append(in_window("iteration_duration"))
    return {
        "scenarios": {"load": _scenario(setting, spec)},
        "summaryTrendStats": [*SHOWN, "count", *(stat(share) for share in SHARES)],
        # k6 keeps a part of a metric only if it has a threshold: this one always holds.
        "thresholds": {part: ["max>=0"] for part in parts},
        "systemTags": ["scenario"],
        "noConnectionReuse": setting.fresh_connections,
        "noCookiesReset": spec.users is not None,
    }


def _scenario(setting: SessionConfig, spec: LoadSpec) -> Mapping[str, Any]:
    stop = {"gracefulStop": _span(spec.drain_s)}
    if spec.open is not None:
        users = {
            "preAllocatedVUs": min(setting.connections, MOST_PLANNED_USERS),
            "maxVUs": setting.connections,
        }
        return {"exec": "turn", **_arrivals(spec.open), **users, **stop}
    return {
        "executor": "constant-vus",
        "exec": "turn" if spec.users is None else "user",
        "vus": setting.connections,
        "duration": _span(spec.lead_in_s + spec.window_s),
        **stop,
    }


def _arrivals(load: ArrivalSchedule) -> Mapping[str, Any]:
    unit = {"timeUnit": f"{_RATE_UNIT_S}s"}
    if len({rate for stage in load.stages for rate in (stage.rate_from, stage.rate_to)}) == 1:
        return {
            "executor": "constant-arrival-rate",
            "rate": _rate(load.stages[0].rate_from),
            "duration": _span(load.duration_s),
            **unit,
        }
    stages = []
    rate = load.stages[0].rate_from
    for stage in load.stages:
        if stage.rate_from != rate:
            stages.append({"target": _rate(stage.rate_from), "duration": "0s"})
        stages.append({"target": _rate(stage.rate_to), "duration": _span(stage.duration_s)})
        rate = stage.rate_to
    start = {"startRate": _rate(load.stages[0].rate_from)}
    return {"executor": "ramping-arrival-rate", "stages": stages, **start, **unit}


def _rate(rate_per_s: float) -> int:
    return round(rate_per_s * _RATE_UNIT_S)


def _span(length_s: float) -> str:
    return f"{length_s * NS_PER_S:.0f}ns"


def _request(request: Request, target: Target) -> dict[str, Any]:
    headers = dict(request.headers)
    if target.host != target.address and "host" not in {name.lower() for name in headers}:
        headers["Host"] = target.host
    return {
        "method": request.method,
        "url": f"http://{target.address}{request.path}",
        "headers": headers,
        "content": base64.b64encode(request.body).decode() if request.body else None,
        **_expectation(request.expect),
    }


def _expectation(expect: Expectation | None) -> dict[str, Any]:
    if expect is None:
        nothing = {"status": None, "body": None, "body_bytes": None, "pattern": None}
        return {"expect": nothing, "response_type": "none"}
    body_bytes = expect.body_bytes if expect.body is None else None
    pattern = None if expect.body_template is None else _pattern(expect.body_template)
    text = expect.body is not None or pattern is not None
    return {
        "expect": {
            "status": expect.status,
            "body": expect.body,
            "body_bytes": body_bytes,
            "pattern": pattern,
        },
        "response_type": "text" if text else "none" if body_bytes is None else "binary",
    }


def _pattern(template: str) -> str:
    """Translate a template to a regular expression of JavaScript."""
    literal = (
        re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", part) for part in template.split(ANYTHING)
    )
    return "^" + r"[\s\S]*".join(literal) + "$"
