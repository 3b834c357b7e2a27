"""The two sides of a gate that compares stored runs."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

from timetrial.analysis.summarize import summarize
from timetrial.features.gate.judgement import Gate, GateRule
from timetrial.features.gate.stored import Side, compared, gate_stored
from timetrial.model.errors import BadInput, StoreError
from timetrial.model.run import Run
from timetrial.reports.compare import barriers
from timetrial.store.opening import read_run
from timetrial.store.store import Store
from timetrial.verbs.options.gate import GateOptions
from timetrial.verbs.options.places import DEFAULT_STORE

_OF_A_FILE = 0, -1
"""Numbers that no run of a store has."""


def stored_gate(options: GateOptions, baseline: str, candidate: str, terms: GateRule) -> Gate:
    """Read both runs and judge the candidate. Raises BadInput for what cannot be compared."""
    old, new = (
        _side(which, options.store, number)
        for which, number in zip((baseline, candidate), _OF_A_FILE, strict=True)
    )
    if _are_one(old.summary.run, new.summary.run):
        raise BadInput(f"{new.name} cannot be gated against itself: name another --baseline")
    comparison = compared(old, new, terms)
    why_not = barriers(comparison)
    if why_not and not options.anyway:
        raise BadInput(
            f"{old.name} and {new.name} cannot be compared: {why_not}; --anyway judges nevertheless"
        )
    if not comparison.cells:
        raise BadInput(f"{old.name} and {new.name} have no stack measured in the same benchmark")
    gate = gate_stored(old, new, comparison, terms)
    if why_not:
        warning = f"Judged although these figures are not comparable: {why_not}."
        gate = dataclasses.replace(gate, remarks=(warning, *gate.remarks))
    return gate


def _side(which: str, store: str, number_of_file: int) -> Side:
    """Read a run of the store, or one that `timetrial export` has written to a file."""
    if which == "latest" or which.isdecimal():
        run = read_run(store, which)
        return Side(f"run {run.number}", summarize(run))
    run = dataclasses.replace(_exported(Path(which)), number=number_of_file)
    return Side(which, summarize(run))


def _exported(file: Path) -> Run:
    if not file.exists():
        raise BadInput(
            f"{str(file)!r} is neither a run (its number, or 'latest') nor a file that "
            "`timetrial export` has written"
        )
    with tempfile.TemporaryDirectory(prefix="timetrial-") as folder:
        try:
            document = json.loads(file.read_text("utf-8"))
            with Store.open(Path(folder) / DEFAULT_STORE) as store:
                return store.load(store.add_document(document))
        except OSError as error:
            raise BadInput(f"{str(file)!r} cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadInput(f"{str(file)!r} is no JSON") from error
        except (BadInput, StoreError) as error:
            raise BadInput(f"{str(file)!r} cannot be a baseline: {error}") from error


def _are_one(old: Run, new: Run) -> bool:
    return old.created_at == new.created_at and old.plan == new.plan
