"""oha."""

from __future__ import annotations

import json
from dataclasses import dataclass

from generators.generator import Load, Responses
from programs import Program

_AT_THE_END = "aborted due to deadline"


@dataclass(frozen=True, slots=True)
class Oha:
    program: Program

    @property
    def name(self) -> str:
        return f"oha {self.program.version}"

    def command(self, load: Load) -> list[str]:
        sizes = ["-c", str(load.connections), "-z", f"{load.length_s}s"]
        return [str(self.program.path), "--no-tui", "--output-format", "json", *sizes, load.url]

    def responses(self, output: str) -> Responses:
        result = json.loads(output)
        statuses: dict[str, int] = result["statusCodeDistribution"]
        errors: dict[str, int] = result["errorDistribution"]
        failed = sum(count for status, count in statuses.items() if status != "200")
        broken = sum(count for error, count in errors.items() if error != _AT_THE_END)
        return Responses(statuses.get("200", 0), failed + broken)
