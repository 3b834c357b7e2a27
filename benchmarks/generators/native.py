"""The engine, with the status, the length and the body of every response checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from generators.generator import Load, Responses
from programs import Program


@dataclass(frozen=True, slots=True)
class Native:
    program: Program
    backend: Literal["epoll", "io_uring"]
    protocol: str = "http1"
    """http1, http2, or HTTP/1.1 with bodies: upload:BYTES, download:BYTES."""

    @property
    def name(self) -> str:
        return f"engine, {self.backend}"

    def command(self, load: Load) -> list[str]:
        address = load.url.removeprefix("http://").removesuffix("/")
        sizes = map(str, (load.connections, load.depth, load.length_s))
        return [str(self.program.path), address, *sizes, self.backend, self.protocol]

    def responses(self, output: str) -> Responses:
        counts = json.loads(output)
        return Responses(counts["ok"], counts["failed"])
