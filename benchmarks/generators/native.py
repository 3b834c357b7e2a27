"""The engine, with the status, the length and the body of every response checked."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from generators.generator import Load, Responses

Backend = Literal["epoll", "io_uring"]


@dataclass(frozen=True, slots=True)
class Native:
    backend: Backend

    @property
    def name(self) -> str:
        return f"engine, {self.backend}"

    def command(self, load: Load) -> list[str]:
        program = Path(__file__).with_name("native_program.py")
        sizes = map(str, (load.connections, load.depth, load.length_s))
        return [sys.executable, str(program), load.url, *sizes, self.backend]

    def responses(self, output: str) -> Responses:
        counts = json.loads(output)
        ok, arrivals, censored = (counts[key] for key in ("ok", "arrivals", "censored"))
        return Responses(ok, arrivals - ok - censored)
