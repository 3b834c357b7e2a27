"""The table of life cycles, for people and for programs, and in the store."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from rich.console import Console

from answers import check_every_terminal, check_every_width, printed
from evidence import numbers_in
from experiments_made_up import a_kill, a_passage, a_reload, a_setback, a_stop, alone, surrounded
from runs import A_MACHINE, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.features.lifecycle.answer import render_answer
from timetrial.features.lifecycle.terminal import lifecycle_as_markdown, render_lifecycle
from timetrial.features.run_report import ADDITIONS
from timetrial.model.experiment import Experiment
from timetrial.model.plan import plan
from timetrial.model.run import Run
from timetrial.reports.json import as_json
from timetrial.store.payloads import EXPERIMENT, PAYLOAD_VERSION
from timetrial.store.store import Store

NAMES = [stack.name for stack in a_suite().stacks]
FIRST, SECOND = NAMES[:2]
EXPERIMENTS: tuple[Experiment, ...] = (
    *(a_stop(FIRST, repeat, exit_s=0.3 + repeat / 10) for repeat in (1, 2, 3)),
    a_reload(FIRST, outcome=a_passage(refused=4)),
    a_kill(FIRST),
    a_stop(SECOND, lost=2),
    a_kill(SECOND, ended=True, back_s=None, exit_code=1),
    a_setback(SECOND),
)


def a_run_with(*experiments: Experiment) -> Run:
    return dataclasses.replace(a_run(), experiments=experiments)


def shown(run: Run, width: int = 140) -> str:
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(render_lifecycle(run))
    return capture.get()


def test_each_stack_that_was_tried_has_a_row_and_what_stands_out_a_line() -> None:
    text = shown(a_run_with(*EXPERIMENTS))
    assert FIRST in text
    assert not any(f"\n{name} " in text for name in NAMES[2:])
    assert "server ends" in text
    assert f"! {SECOND}  the whole server" in text
    assert f"! {FIRST}  a reload" in text
    assert "200 requests" in " ".join(text.split())


def test_the_answer_names_whose_requests_are_lost_first() -> None:
    losing = a_run_with(*EXPERIMENTS)
    check_every_width(render_answer(losing), FIRST, SECOND)
    check_every_terminal(render_answer(losing))
    assert f"REQUESTS LOST  {FIRST} and {SECOND}" in printed(render_answer(losing))
    keeping = a_run_with(a_stop(FIRST), a_reload(FIRST))
    assert "NO REQUEST LOST" in printed(render_answer(keeping))
    assert "NO FIGURES" in printed(render_answer(a_run_with(a_kill(FIRST))))


def test_a_narrow_terminal_cuts_nothing_off() -> None:
    run = a_run_with(*EXPERIMENTS)
    narrow, wide = shown(run, 80), shown(run, 160)
    assert "".join(wide.split()).count("lost") == "".join(narrow.split()).count("lost")
    assert "…" not in narrow


def test_times_below_a_tenth_of_a_second_have_no_more_than_hundredths() -> None:
    stops = (a_stop(FIRST, repeat, exit_s=exit_s) for repeat, exit_s in ((1, 0.0551), (2, 0.0809)))
    assert "(0.06–0.08)" in shown(a_run_with(*stops))


def test_one_process_is_said_to_be_one() -> None:
    assert "one process" in shown(a_run_with(a_stop(FIRST), alone(FIRST)))


def test_markdown_has_one_line_a_stack_and_as_many_cells_everywhere() -> None:
    text = lifecycle_as_markdown(a_run_with(*EXPERIMENTS))
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 2
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    assert f"- **{SECOND}**: the whole" in text


def test_a_doubtful_figure_is_marked_and_the_reason_is_a_line() -> None:
    run = a_run_with(a_stop(FIRST, at_start=surrounded(foreign_cpu_s=2.0)))
    text = " ".join(shown(run, 200).split())
    assert " 0.41* " in text
    assert f"! {FIRST} doubtful," in text
    assert "marked with *" in text
    assert "*" not in shown(a_run_with(a_stop(FIRST, at_start=surrounded())))


def test_json_has_what_was_disturbed_and_how_much_was_left_out() -> None:
    disturbed = a_stop(FIRST, 2, machine_interval=surrounded(steal_s=0.8))
    run = a_run_with(a_stop(FIRST, machine_interval=surrounded()), disturbed)
    (life,) = json.loads(as_json(summarize(run), ADDITIONS, brief=True))["lifecycle"]
    (doubt,) = life["portrait"]["doubts"]
    assert numbers_in(doubt.pop("reason")) == [10]
    assert doubt == {
        "figures": "stop", "disturbed": 1, "repeats": 2, "left_out": 1, "times": 10.0,
    }  # fmt: skip


def test_nothing_is_said_of_requests_in_flight_where_none_was_answered_before_the_signal() -> None:
    stop = a_stop(FIRST)
    silent = dataclasses.replace(stop, outcome=dataclasses.replace(stop.outcome, in_flight=None))
    assert "200 requests a second arrive." in " ".join(shown(a_run_with(silent), 200).split())
    document = json.loads(as_json(summarize(a_run_with(silent)), ADDITIONS, brief=True))
    assert document["lifecycle"][0]["portrait"]["stop"]["in_flight"] is None


def test_experiments_that_were_kept_before_surroundings_were_still_open() -> None:
    for experiment in (a_stop(FIRST), a_reload(FIRST), a_kill(FIRST)):
        kept = json.loads(EXPERIMENT.write(experiment))
        kept.pop("machine_interval")
        kept.pop("at_start", None)
        assert EXPERIMENT.read(json.dumps(kept), PAYLOAD_VERSION) == experiment


def test_json_has_the_figures_and_what_stands_out() -> None:
    document = json.loads(as_json(summarize(a_run_with(*EXPERIMENTS)), ADDITIONS, brief=True))
    first, second = document["lifecycle"]
    assert first["portrait"]["stack"] == FIRST
    assert first["portrait"]["stop"]["exit_s"]["median"] == 0.5
    assert second["remarks"][0].startswith("the whole server")
    assert document["summary"]["run"]["experiments"] == []


def test_experiments_are_kept_with_their_run(tmp_path: Path) -> None:
    with Store.open(tmp_path / "runs.db") as store:
        number = store.create_run(plan(a_suite(), 1), A_MACHINE, [], "1.0", "2030-01-01T00:00:00")
        assert store.load(number).experiments == ()
        for experiment in (*EXPERIMENTS, alone(FIRST)):
            store.add_experiment(number, experiment)
        assert store.load(number).experiments == (*EXPERIMENTS, alone(FIRST))
