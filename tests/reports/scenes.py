"""Runs in which this or that went wrong, each summed up once."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

from experiments_made_up import a_kill, a_passage, a_reload, a_setback, a_stop, alone
from races import a_race, noisy, of
from runs import (
    CHARACTERS,
    QUICK_ROUNDS,
    a_duet,
    a_failure,
    a_run,
    a_suite,
    cut_short,
    json_query,
)
from timetrial.analysis.summarize import summarize
from timetrial.model.counting import CountedStack, UncountedStack
from timetrial.model.experiment import Experiment
from timetrial.model.suite import Suite
from timetrial.model.summary import Summary

FEW = ("granian", "uvicorn")
"""Stacks of runs for a browser, which takes a fifth of a second to draw each cell."""


def a_short_suite(stacks: Sequence[str] = FEW, rounds: int = QUICK_ROUNDS) -> Suite:
    """Give a suite of one benchmark."""
    suite = a_suite(stacks, rounds)
    return dataclasses.replace(suite, benchmarks=suite.benchmarks[:1])


@cache
def good() -> Summary:
    return summarize(a_run())


@cache
def small() -> Summary:
    """As good, with two stacks in one benchmark."""
    return summarize(a_run(a_short_suite()))


@cache
def troubled(*, short: bool = False) -> Summary:
    """One stack of each kind of trouble; uvicorn alone is well."""
    return summarize(
        a_run(
            a_short_suite(tuple(CHARACTERS)) if short else None,
            characters={
                **CHARACTERS,
                **_changed("granian", generator_share=0.93),
                **_changed("uwsgi", plateau=True),
                **_changed("gunicorn", failed_share=0.02, reconnects=True),
            },
            failures=[a_failure("waitress", number) for number in range(1, 6)],
        )
    )


@cache
def few_rounds(*, short: bool = False) -> Summary:
    return summarize(a_run(a_short_suite(rounds=2) if short else a_suite(rounds=2)))


@cache
def interrupted(*, short: bool = False) -> Summary:
    """In the third round of two benchmarks, or of one."""
    if short:
        return summarize(cut_short(a_run(a_short_suite()), 5))
    return summarize(cut_short(a_run(), 23))


@cache
def nothing_yet() -> Summary:
    return summarize(cut_short(a_run(), 0))


@cache
def duet(*, confirmed: bool = False) -> Summary:
    stacks = ["granian", "uvicorn"]
    benchmarks = (a_duet(stacks), *([json_query(stacks)] if confirmed else []))
    return summarize(a_run(dataclasses.replace(a_suite(stacks), benchmarks=benchmarks)))


@cache
def lived(*, said: str = "Address already in use", short: bool = False) -> Summary:
    """Experiments on life cycles, of which some show a fault."""
    experiments: list[Experiment] = [
        *(a_stop("gunicorn", repeat, lost=repeat, cut_off=1) for repeat in (1, 2, 3)),
        *(a_reload("gunicorn", n, outcome=a_passage(refused=4 * n)) for n in (1, 2, 3)),
        a_kill("gunicorn", outcome=a_passage(silent=range(12, 18))),
        a_stop("uvicorn", 1),
        a_kill("uvicorn", outcome=a_passage(lost=9, silent=range(10, 40)), ended=True, exit_code=1),
        a_stop("waitress", 1),
        alone("waitress"),
        dataclasses.replace(a_setback("granian"), log_tail=said),
    ]
    run = a_run(a_short_suite(("gunicorn", "uvicorn", "waitress", "granian")) if short else None)
    return summarize(dataclasses.replace(run, experiments=tuple(experiments)))


@cache
def wide_race() -> Summary:
    """Ten servers between which capacity per core decides: it has the most columns."""
    names = ("granian", "uvicorn", *(f"gunicorn-uvloop-{number}" for number in range(8)))
    race = a_race(names, characters=dict.fromkeys(names, CHARACTERS["uvicorn"]), rounds=4)
    randomness = random.Random(4)  # noqa: S311 - numbers that must repeat
    disturbed = (
        noisy(each, 0.2 + 0.03 * names.index(each.trial.cell.stack), "steal", randomness)
        if each.trial.cell.benchmark == "saturation"
        else each
        for each in race.measurements
    )
    return of(dataclasses.replace(race, measurements=tuple(disturbed)))


@cache
def counted(*, said: str = "valgrind: no such file") -> Summary:
    """What requests execute was counted for two of three stacks."""
    countings = (
        UncountedStack("uvicorn", "json_query", "start: it exited with code 127", said),
        CountedStack("granian", "json_query", "Valgrind 3.19.0", 412_345.6, 4.0),
        CountedStack("gunicorn", "json_query", "Valgrind 3.19.0", 995_625.4, None),
    )
    run = a_run(a_short_suite(("gunicorn", "uvicorn", "granian")))
    return summarize(dataclasses.replace(run, countings=countings))


@cache
def hostile() -> Summary:
    """Whatever servers and their packages say is markup that would run."""
    script = "</script><script>window.taken = 1</script>"
    image = '1.0"><img src=x onerror="window.taken = 1">'
    return summarize(
        a_run(
            a_short_suite(("uvicorn", "waitress")),
            characters={**CHARACTERS, **_changed("uvicorn", version=image)},
            failures=[a_failure("waitress", number, log_tail=script) for number in range(1, 6)],
        )
    )


ALL = {
    "good": good,
    "troubled": troubled,
    "few_rounds": few_rounds,
    "interrupted": interrupted,
    "nothing_yet": nothing_yet,
}


def _changed(name: str, **traits: Any) -> dict[str, Any]:  # noqa: ANN401 - traits of several types
    return {name: dataclasses.replace(CHARACTERS[name], **traits)}
