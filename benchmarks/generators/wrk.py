"""wrk. A Lua script writes its summary as JSON, and 16 requests at once where that is asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generators.generator import Load, Responses
from programs import Program


@dataclass(frozen=True, slots=True)
class Wrk:
    program: Program
    upload_bytes: int | None = None
    """Of the body of each request; None: it has none."""

    @property
    def name(self) -> str:
        return f"wrk {self.program.version}"

    def command(self, load: Load) -> list[str]:
        name, argument = "wrk.lua", load.depth
        if self.upload_bytes is not None:
            name, argument = "wrk_upload.lua", self.upload_bytes
        script = Path(__file__).with_name(name)
        options = ["-t1", f"-c{load.connections}", f"-d{load.length_s}s", "-s", str(script)]
        return [str(self.program.path), *options, load.url, "--", str(argument)]

    def responses(self, output: str) -> Responses:
        counts = json.loads(output.splitlines()[-1])
        requests = counts.pop("requests")
        return Responses(requests - counts["status"], sum(counts.values()))
