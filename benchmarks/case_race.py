"""One case of the race: start its server, let the generators take turns, make rows of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import served
from case import PEER_ROUNDS, PEERS_ON, Case
from field import ENGINE, H2LOAD, UNPIPELINED, WRK, Wanted
from generators.generator import Generator, Load, Reading
from programs import NotHad
from progress import Progress
from ratio import median_ratio
from table import Row
from timetrial.model.errors import StackFailed
from turns import Unusable, interleaved

RUN_S = 1
START = {
    "responder": served.responder_server,
    "fasthttp": served.fasthttp_server,
    "uvloop": served.uvloop_server,
}


@dataclass(frozen=True, slots=True)
class CaseRace:
    had: Mapping[str, Generator | NotHad]
    rounds: int
    server_cpus: tuple[int, ...]
    folder: Path
    """For the servers' logs."""

    def rows(self, case: Case, progress: Progress) -> Iterator[Row]:
        names = _taking_part(case)
        generators = {name: one for name in names if not isinstance(one := self.had[name], NotHad)}
        results = self._results(case, generators, progress)
        for name in names:
            one = self.had[name]
            result = Unusable(str(one)) if isinstance(one, NotHad) else results[name]
            shown = name if isinstance(one, NotHad) else one.name
            yield _row(case, name, shown, result, results.get("wrk"))

    def _results(
        self, case: Case, generators: Mapping[str, Generator], progress: Progress
    ) -> Mapping[str, list[Reading] | Unusable]:
        rounds = {
            name: self.rounds if name in {**ENGINE, **WRK} else PEER_ROUNDS for name in generators
        }
        try:
            with START[case.server](self.server_cpus, self.folder) as server:
                load = Load(served.url_of(server), case.connections, case.depth, RUN_S)
                return interleaved(
                    generators, rounds, load, lambda turn: progress.step(turn, self.rounds)
                )
        except (NotHad, StackFailed) as reason:
            return {name: Unusable(f"no server: {reason}") for name in generators}


def _taking_part(case: Case) -> list[str]:
    peers: Wanted = {}
    if case.server == PEERS_ON:
        peers = H2LOAD if case.depth > 1 else {**H2LOAD, **UNPIPELINED}
    return [*WRK, *ENGINE, *peers]


def _row(
    case: Case,
    name: str,
    shown: str,
    result: list[Reading] | Unusable,
    wrk: list[Reading] | Unusable | None,
) -> Row:
    target = case.target(name) if name in ENGINE else None
    if isinstance(result, Unusable):
        return Row(case, shown, None, None, target, str(result))
    figures = [reading.ok_per_cpu_s for reading in result]
    ratio = None
    if name not in WRK and isinstance(wrk, list):
        theirs = [reading.ok_per_cpu_s for reading in wrk]
        ratio = median_ratio(figures, theirs[: len(figures)])
    return Row(case, shown, statistics.median(figures), ratio, target)
