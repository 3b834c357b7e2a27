"""Records everything and evaluates it, one script after the other, in 40 minutes at most.

With `--quick` it shows that everything works, in a folder of its own, and writes no document.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duet_bias
import evaluate
import fault_rounds
import known_difference
import naive
import record
import stall
from recorded import DATA
from taking import QUICK_MINUTES

AT_MOST_MINUTES = 40.0
FOR_THE_LAST_MINUTES = 0.5
"""What has begun when the evaluation's time is up, and the plots."""
FOREIGN = "0.6"
_MISSED = 1
"""The exit code of `evaluate.py` that says no more than that a target was missed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One script; it ends by itself when its minutes are over."""

    script: str
    minutes: float
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.script, *self.options))


RECORDING = (
    Step("record.py", record.MINUTES),
    Step("record.py", record.MINUTES, ("--foreign", FOREIGN)),
    Step("known_difference.py", known_difference.MINUTES),
    Step("naive.py", naive.MINUTES),
    Step("duet_bias.py", duet_bias.MINUTES),
    Step("stall.py", stall.MINUTES),
    Step("fault_rounds.py", fault_rounds.MINUTES),
)
EVALUATING = Step("evaluate.py", evaluate.MINUTES, ("--write",))


def main() -> int:
    parser = argparse.ArgumentParser(description="Prove the method by rounds that are recorded.")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are written")
    parser.add_argument("--quick", action="store_true", help="two rounds each, to see it work")
    given = parser.parse_args()
    return _go_through(_steps(given.data, quick=given.quick))


def _steps(data: Path, *, quick: bool) -> tuple[Step, ...]:
    if not quick:
        every = (*RECORDING, EVALUATING)
        return tuple(Step(s.script, s.minutes, (*s.options, "--data", str(data))) for s in every)
    options = ("--data", str(data), "--quick")
    every = (*RECORDING, Step(EVALUATING.script, QUICK_MINUTES))
    return tuple(
        Step(s.script, min(s.minutes, QUICK_MINUTES), (*s.options, *options)) for s in every
    )


def _go_through(steps: tuple[Step, ...]) -> int:
    began_s = time.monotonic()
    code = 0
    for number, step in enumerate(steps, start=1):
        passed = (time.monotonic() - began_s) / 60
        left = sum(each.minutes for each in steps[number - 1 :])
        sys.stderr.write(
            f"method: {passed:.1f} min passed, {left:.1f} min left at most; "
            f"{number} of {len(steps)}: {step}, {step.minutes:g} min\n"
        )
        command = [sys.executable, str(Path(__file__).with_name(step.script)), *step.options]
        if step.script == EVALUATING.script:
            still = AT_MOST_MINUTES - FOR_THE_LAST_MINUTES - passed
            command += ["--minutes", f"{max(still, step.minutes / 2):.1f}"]
        code = subprocess.run(command, check=False).returncode
        if code and (step.script, code) != (EVALUATING.script, _MISSED):
            sys.stderr.write(f"method: {step.script} ended with exit code {code}\n")
            return code
    return code


if __name__ == "__main__":
    sys.exit(main())
