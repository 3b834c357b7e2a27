"""h2load, with HTTP/1.1 or HTTP/2. It has no figures for machines but a line for each request in a
file, which would cost it dearly: its summary is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from generators.generator import Load, Responses
from programs import Program


@dataclass(frozen=True, slots=True)
class H2load:
    program: Program
    is_http2: bool = False

    @property
    def name(self) -> str:
        return f"h2load {self.program.version}"

    def command(self, load: Load) -> list[str]:
        sizes = [f"-c{load.connections}", f"-m{load.depth}", f"-D{load.length_s}"]
        protocol = [] if self.is_http2 else ["--h1"]
        return [str(self.program.path), *protocol, "-t1", *sizes, load.url]

    def responses(self, output: str) -> Responses:
        line = re.search(r"^requests: .*$", output, re.MULTILINE)
        statuses = re.search(r"^status codes: (\d+) 2xx", output, re.MULTILINE)
        if line is None or statuses is None:
            raise ValueError("its summary lacks requests or status codes")
        counts = {name: int(count) for count, name in re.findall(r"(\d+) (\w+)", line[0])}
        failed = counts["failed"] + counts["errored"] + counts["timeout"]
        return Responses(int(statuses[1]), failed)
