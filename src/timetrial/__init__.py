"""Which server, with which settings, should serve a Python web app, and how sure are we?

The public functions, one a verb: each takes a record of options and returns a record; none prints,
exits or changes directory. `timetrial.engine` is the load engine alone. Start with `race`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timetrial.model import Run
    from timetrial.store.opening import open_store, read_run
    from timetrial.verbs.capacity import capacity
    from timetrial.verbs.compare import compare
    from timetrial.verbs.doctor import doctor
    from timetrial.verbs.gate import gate
    from timetrial.verbs.load import load
    from timetrial.verbs.options.capacity import CapacityOptions
    from timetrial.verbs.options.compare import CompareOptions
    from timetrial.verbs.options.doctor import DoctorOptions
    from timetrial.verbs.options.gate import GateOptions
    from timetrial.verbs.options.load import LoadOptions
    from timetrial.verbs.options.race import RaceOptions
    from timetrial.verbs.options.run import RunOptions
    from timetrial.verbs.options.tune import TuneOptions
    from timetrial.verbs.race import race
    from timetrial.verbs.run import run
    from timetrial.verbs.tune import tune

__all__ = [
    "CapacityOptions",
    "CompareOptions",
    "DoctorOptions",
    "GateOptions",
    "LoadOptions",
    "RaceOptions",
    "Run",
    "RunOptions",
    "TuneOptions",
    "capacity",
    "compare",
    "doctor",
    "gate",
    "load",
    "open_store",
    "race",
    "read_run",
    "run",
    "tune",
]


def __getattr__(name: str) -> object:
    """Load what is asked for when it is: all of it takes a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_home_of(name)), name)
    import_module("timetrial.model.run").Run.notebook_form = _in_a_notebook
    globals()[name] = value
    return value


def _home_of(name: str) -> str:
    if name.endswith("Options"):
        return f"timetrial.verbs.options.{name.removesuffix('Options').lower()}"
    if name == "Run":
        return "timetrial.model.run"
    return (
        "timetrial.store.opening"
        if name in {"open_store", "read_run"}
        else f"timetrial.verbs.{name}"
    )


def _in_a_notebook(run: Run) -> str:
    """Show a run as HTML; what draws it is loaded when a notebook asks for it."""
    html: str = import_module("timetrial.features.notebook").notebook_html(run)
    return html
