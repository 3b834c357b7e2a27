"""A figure that is judged, and from which values on it raises a finding. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model import Severity

Unit = Literal["%", "p", "B", "×", ""]
"""Unit of displayed thresholds; those in '%' are stored as shares, 0 to 1."""
Figure = Literal["throughput", "response time", "CPU time"]
ALL: tuple[Figure, ...] = ("throughput", "response time", "CPU time")
_SEVERITIES: tuple[Severity, ...] = ("invalid", "doubtful", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One figure, and the values from which on it raises a finding."""

    name: str
    """Of the finding."""
    figure: str
    """Description of the judged figure."""
    unit: Unit = "%"
    note: float | None = None
    """This one and the next two: the limit of that severity; None: never."""
    doubtful: float | None = None
    invalid: float | None = None
    below: bool = False
    """Whether values below the limit raise the finding."""
    reached: bool = False
    """Whether a value equal to the limit raises it, too."""
    meaning: str
    """Its meaning, as a clause."""
    voids: tuple[Figure, ...] = ALL
    """Figures that an invalid finding voids."""
    bounds: bool = False
    """Whether throughput is then a lower bound instead of void."""
    compares: bool = False
    """Whether throughput may still be compared: the cause affected all stacks in turn."""

    def judge(self, value: float) -> Severity | None:
        """Return the gravest severity whose threshold the value exceeds; None: none."""
        for severity in _SEVERITIES:
            threshold = self.threshold(severity)
            if threshold is not None and self._is_beyond(value, threshold):
                return severity
        return None

    def threshold(self, severity: Severity) -> float | None:
        return {"note": self.note, "doubtful": self.doubtful, "invalid": self.invalid}[severity]

    def shown(self, severity: Severity) -> str:
        """Write a threshold as '> 5 %'; '–' where there is none."""
        threshold = self.threshold(severity)
        if threshold is None:
            return "–"
        sign = "<" if self.below else "≥" if self.reached else ">"
        if self.unit == "%":
            return f"{sign} {100 * threshold:g} %" if threshold else "any"
        unit = "" if self.unit in {"", "p"} else f" {self.unit}"
        return f"{'p ' if self.unit == 'p' else ''}{sign} {threshold:g}{unit}"

    def _is_beyond(self, value: float, threshold: float) -> bool:
        if value == threshold:
            return self.reached
        return value < threshold if self.below else value > threshold
