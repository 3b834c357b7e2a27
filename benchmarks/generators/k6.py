"""k6. A virtual user has one connection, so there are as many as connections are asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generators.generator import Load, Responses
from programs import Program


@dataclass(frozen=True, slots=True)
class K6:
    program: Program

    @property
    def name(self) -> str:
        return f"k6 {self.program.version}"

    def command(self, load: Load) -> list[str]:
        given = {
            "URL": load.url,
            "CONNECTIONS": load.connections,
            "DURATION": f"{load.length_s}s",
        }
        script = Path(__file__).with_name("k6.js")
        # Without an address there is no control server, which it would not need either.
        quietly = ["--quiet", "--no-color", "--no-usage-report", "--address", ""]
        settings = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        return [str(self.program.path), "run", *quietly, *settings, str(script)]

    def responses(self, output: str) -> Responses:
        # "passes" are those for which "failed" is true.
        counts = json.loads(output)
        return Responses(counts["fails"], counts["passes"])
