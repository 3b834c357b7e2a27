"""hey. Its figures for machines, a line for each request, take a quarter of its CPU time: its
summary is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from generators.generator import Load, Responses
from programs import Program


@dataclass(frozen=True, slots=True)
class Hey:
    program: Program

    @property
    def name(self) -> str:
        return f"hey {self.program.version}"

    def command(self, load: Load) -> list[str]:
        sizes = ["-cpus", "1", "-c", str(load.connections), "-z", f"{load.length_s}s"]
        return [str(self.program.path), *sizes, load.url]

    def responses(self, output: str) -> Responses:
        statuses = re.findall(r"^ +\[(\d+)\]\s+(\d+) responses$", output, re.MULTILINE)
        errors = re.findall(r"^ +\[(\d+)\]\s+(?!\d+ responses$).+$", output, re.MULTILINE)
        if not statuses and not errors:
            raise ValueError("its summary has no status codes")
        ok = sum(int(count) for status, count in statuses if status == "200")
        failed = sum(int(count) for status, count in statuses if status != "200")
        return Responses(ok, failed + sum(map(int, errors)))
