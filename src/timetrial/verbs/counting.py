"""Counts what requests cost an app at two commits, instruction by instruction."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.catalog.loader import load_catalog
from timetrial.features.counting.afterwards import AT_ONCE
from timetrial.features.counting.client import CountedLaunch
from timetrial.features.counting.gate import MAX_REGRESSION, gate_of
from timetrial.features.counting.judge import is_decided, judgements_of
from timetrial.features.counting.launches import COLLECTING, TRACING, Layout, Place, counted_launch
from timetrial.features.counting.origins import changes, origin_texts
from timetrial.features.counting.profile import native_functions, python_functions
from timetrial.features.counting.requests import CountedRequest, Repeats, requests_of
from timetrial.features.counting.sides import Figures, Sides, count_sides
from timetrial.features.counting.start import count_start
from timetrial.features.gate.judgement import Gate, GateRule
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.failing_commit import RacedCommit
from timetrial.features.race.race_preparation import RacePlan, qualify_servers
from timetrial.features.race.suite import RaceSettings, race_suite, word, workload_in
from timetrial.machine.own_folder import OwnFolder
from timetrial.machine.placement import available_cpus
from timetrial.model import BadInput, DraftSuite, Observer, StackFailed, Workload
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.requests.workload import workload_of
from timetrial.project.versions.checkouts import environments_of, variants_of, with_variants
from timetrial.project.versions.variants import across
from timetrial.project.versions.wanted import read_versions
from timetrial.project.versions.worktrees import untracked_in
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.starter import RealStarter, probe_of
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.counters.choice import find_counter
from timetrial.stacks.counters.counter import Counter
from timetrial.stacks.counters.tool import ToolCounter
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch_builder import PreparedStack, name_of
from timetrial.stacks.services.services import running_services
from timetrial.verbs.options.counting import CountOptions
from timetrial.verbs.options.gate import GateTerms
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.projects import app_options_of, external_services_of, found_project
from timetrial.verbs.request_mix import mix_of

_OF_RACES = (
    "rounds", "precision", "budget", "connections", "thorough", "keep_all", "control", "probe",
    "resume", "seed", "port",
)  # fmt: skip


def counter_of(options: CountOptions) -> Counter | None:
    """Find what counts after a run, if that is asked for. Raises BadInput where nothing can."""
    if options.count is None:
        return None
    return find_counter(tries_others=options.try_valgrind)[0]


def counted_gate(race: RaceOptions, terms: GateTerms, observer: Observer) -> Gate:
    """Count both commits of `race`, on its only server, and judge the new one.

    Raises BadInput for what cannot be counted or compared.
    """
    counter, why = find_counter(tries_others=terms.try_valgrind)
    limit = terms.max_regression if "max_regression" in terms.model_fields_set else MAX_REGRESSION
    rule = GateRule((), limit, terms.strict, ("instructions", "system_calls"))
    notes = (f"Callgrind counts, because {why}.",) if why else ()
    with ExitStack() as until:
        both = _prepared(race, observer, until)
        sides = _counted(both, counter, rule, observer)
        gate = gate_of(sides, both.names, rule, counter.name, notes)
        if not any(each.metric == "instructions" for each in gate.of("regression")):
            return gate
        origins = _origins(both, counter)
    return replace(gate, remarks=(*gate.remarks, *origins))


def require_countable(race: RaceOptions) -> None:
    """Raise BadInput for options of a race that counting has no use for."""
    if len(race.python) > 1:
        raise BadInput("--count compares counts on one Python: give one --python")
    if race.workers is not None and race.workers != 1:
        raise BadInput("--count counts one process of a server: --workers can be 1 alone")
    if (option := race.given(*_OF_RACES)) is not None:
        raise BadInput(f"{option} is about races, in which --count counts nothing")


@dataclass(frozen=True, slots=True)
class _Both:
    """Old and new, installed, and the requests whose answers are known."""

    names: tuple[str, ...]
    stacks: tuple[PreparedStack, ...]
    workload: Workload
    folder: Path
    keeps_cookies: bool

    def requests(self, side: int) -> Sequence[CountedRequest]:
        return requests_of(self.workload, self.stacks[side].stack)

    def launch(
        self, side: int, name: str, cpu: int, layout: Layout, wrapper: str = COLLECTING
    ) -> CountedLaunch:
        stack = self.stacks[side]
        probe = probe_of(self.workload.steps[0], stack.stack)
        place = Place(cpu, self.folder / f"{name}.log")
        return counted_launch(
            stack, probe, place, layout, wrapper, keeps_cookies=self.keeps_cookies
        )


def _prepared(race: RaceOptions, observer: Observer, until: ExitStack) -> _Both:
    """Install both, and have them answer every request once, uncounted."""
    catalog, mix = load_catalog(race.catalog_dir), mix_of(race, observer)
    app_options = app_options_of(race)
    external = external_services_of(app_options, catalog, "this gate", race)
    project = found_project(app_options, catalog, external, observer)
    variants = variants_of([project], race.revisions, until)
    mix = replace(mix, name=word(mix.name))
    workload = workload_of(mix, project.targets)
    eligible = eligible_servers(catalog, project, race.servers, "--server")
    catalog = with_variants(catalog, project, variants, workload)
    settings = RaceSettings(1, race.threads, race.connections)
    suite = race_suite(catalog, project, eligible, workload, settings)
    versions = read_versions(race.instead, race.versions, ())
    suite = across(versions.of(suite, catalog, project.installed), variants)
    folder = Path(until.enter_context(OwnFolder()))
    services = until.enter_context(
        running_services(
            suite.services, catalog, Environments(cache_dir()), work_dir=folder,
            cpus=available_cpus(), external=external, observer=observer,
        )
    )  # fmt: skip
    catalog = services.fill_in(catalog)
    prepared = prepare(
        suite, catalog, OverlaidEnvironments(project, cache_dir()), folder, observer,
        own_environments=environments_of(variants),
    )  # fmt: skip
    race_plan = RacePlan(
        catalog, project, mix,
        keep_failing=False,
        commits=tuple(RacedCommit(v.project.name, v.label, v.is_checkout) for v in variants),
        untracked=untracked_in(project.root),
    )  # fmt: skip
    start = RealStarter(suite, prepared, available_cpus(), folder, {}, any_answer=True)
    suite = qualify_servers(race_plan, suite, prepared, start, observer)
    return _both(suite, prepared, folder)


def _both(suite: DraftSuite, prepared: Prepared, folder: Path) -> _Both:
    names = tuple(stack.name for stack in suite.stacks)
    if len(names) != 2:  # noqa: PLR2004 - old and new
        raise BadInput(f"--count compares an old and a new, and there are {', '.join(names)}")
    stacks = tuple(replace(prepared.stacks[s.name], stack=s) for s in suite.stacks)
    for what, builds in (
        ("Python", [stack.environment.python_version for stack in stacks]),
        ("build of the server", list(map(_build, stacks))),
    ):
        if len(set(builds)) > 1:
            raise BadInput(f"--count compares counts on one {what}, not {' and '.join(builds)}")
    workload = workload_in(suite)
    return _Both(names, stacks, workload, folder / "counted", not workload.is_mix)


def _build(stack: PreparedStack) -> str:
    """Name the server's packages, with their versions."""
    names = set(map(name_of, stack.server.packages))
    return ", ".join(each for each in stack.environment.packages if name_of(each) in names)


def _counted(both: _Both, counter: Counter, rule: GateRule, observer: Observer) -> Sides:
    lanes: queue.SimpleQueue[int] = queue.SimpleQueue()
    cpus = available_cpus()[:AT_ONCE]
    for cpu in cpus:
        lanes.put(cpu)
    repeats = Repeats()

    def count(side: int, number: int, cancelled: threading.Event) -> Figures:
        cpu = lanes.get()
        try:
            name = f"{side}-{number}"
            # A layout that all starts share would be a matter of luck, and differ between sides.
            launch = both.launch(side, name, cpu, Layout.by_chance())
            return count_start(
                launch, counter, both.folder / name, both.requests(side), repeats, cancelled
            )
        except StackFailed as failed:
            raise _refusal(both.names[side], counter, failed) from failed
        finally:
            lanes.put(cpu)

    return count_sides(
        both.names,
        count,
        lambda sides: is_decided(judgements_of(sides, both.names[1], rule)),
        observer,
        at_once=len(cpus),
    )


def _refusal(stack: str, counter: Counter, failed: StackFailed) -> BadInput:
    lines = failed.log_tail.rstrip().splitlines()
    last = f" ({lines[-1]})" if lines else ""
    return BadInput(f"--count: {stack} cannot be counted by {counter.name}: {failed.reason}{last}")


def _origins(both: _Both, counter: Counter) -> Sequence[str]:
    """Say which functions changed, by one start of each that is laid out alike."""
    layout, cpu = Layout.by_chance(), available_cpus()[0]
    python, native = list[Mapping[str, float]](), list[Mapping[str, float]]()
    for side in (0, 1):
        requests = both.requests(side)
        traced = both.launch(side, f"{side}-traced", cpu, layout, TRACING)
        python.append(python_functions(traced, requests))
        if isinstance(counter, ToolCounter):
            name = f"{side}-functions"
            start = both.launch(side, name, cpu, layout)
            native.append(native_functions(start, counter, both.folder / name, requests))
    return origin_texts(changes(*python), changes(*native) if native else ())
