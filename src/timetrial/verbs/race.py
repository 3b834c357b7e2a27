"""Races every server that can serve an app of the user's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from timetrial.analysis.aa_control import controlled
from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog
from timetrial.features.counting.afterwards import with_countings
from timetrial.features.lifecycle.run_all import with_experiments
from timetrial.features.race.eligible_servers import EVERY_ONE, eligible_servers
from timetrial.features.race.failing_commit import RacedCommit
from timetrial.features.race.length import SeenBefore, expected, fitted, with_usual_lengths
from timetrial.features.race.race_preparation import RacePlan, answers_again, qualified_servers
from timetrial.features.race.resume import difference, other_answer, unlike_given, unlike_requests
from timetrial.features.race.suite import (
    BUDGET_S,
    RaceSettings,
    budget_of,
    race_suite,
    with_raced_framework,
    with_workload,
    word,
    workload_in,
)
from timetrial.machine.clock import MACHINE_CLOCK
from timetrial.model import (
    BadInput,
    Budget,
    DraftSuite,
    Observer,
    Protocol,
    Run,
    Workload,
    unobserved,
)
from timetrial.model.secret import SecretReference
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.project.versions.checkouts import environments_of, variants_of, with_variants
from timetrial.project.versions.variants import Variant, across
from timetrial.project.versions.wanted import Versions, read_versions
from timetrial.project.versions.worktrees import untracked_in
from timetrial.runner.eta import with_stop_rule
from timetrial.runner.prepare import Prepared, prepare, with_controls
from timetrial.runner.run_context import RunContext
from timetrial.runner.session import Measured, Session, open_session, placed, ports_from
from timetrial.runner.start_all import StartTimes
from timetrial.runner.starter import RealStarter
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.counters.counter import Counter
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import Services
from timetrial.store.opening import read_run
from timetrial.store.secrets import Secrets
from timetrial.verbs.counting import counter_of
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.projects import app_options_by_python, external_services_of, found_project
from timetrial.verbs.request_mix import mix_of, mix_of_message, mix_of_stream, mix_of_upload
from timetrial.verbs.run_secrets import given_secrets, references, secrets_of

_SuiteT = TypeVar("_SuiteT", bound=DraftSuite)


def race(options: RaceOptions, observer: Observer = unobserved) -> Measured:
    """Race all servers that can serve an app, each run stored as it is measured.

    Raises BadInput, before anything is measured, for options or an app that cannot be raced, and
    ServiceFailed for a service that does not start. An interruption, or a service that fails later,
    ends the race early; the trials measured until then are returned.
    """
    versions = read_versions(options.instead, options.versions, ())
    begun = None if options.resume is None else read_run(options.store, options.resume)
    mix = (
        mix_of_message(options)
        or mix_of_stream(options)
        or mix_of_upload(options)
        or mix_of(options, observer, messages=True)
    )
    if mix.has_messages and (other := options.given("lifecycle", "count")):
        raise BadInput(f"{other} is about requests of HTTP, and {mix.name} has messages")
    placement, length, counter = placed(), _Length.of(options), counter_of(options)
    catalog = load_catalog(options.catalog_dir)
    apps = app_options_by_python(options)
    external = external_services_of(apps[0], catalog, "this race", options)
    if begun is not None and (
        what := unlike_given(begun.plan.suite, given_secrets(apps[0], external))
    ):
        raise BadInput(f"run {begun.number} {what}")
    projects = [found_project(app_options, catalog, external, observer) for app_options in apps]
    with ExitStack() as stack:
        variants = variants_of(projects, options.revisions, stack)
        settings = RaceSettings(
            options.workers or len(placement.server_cpus),
            options.threads,
            options.connections,
            options.thorough,
            drops_slower=_drops_slower(options, variants),
            recommends_any=options.any,
            protocol=options.protocol,
            streams=options.streams,
            within_s=length.within.seconds if length.within else BUDGET_S,
        )
        inputs = _RaceInputs(catalog, projects[0], variants, mix)
        held = secrets_of(options, apps[0], external)
        plan = _planned(inputs, options.servers, settings, versions)
        if options.keep_all:
            _require_several(plan.suite)
        length.apply_length(plan.suite)  # raises BadInput before anything is installed
        if begun is not None:
            plan = _as_begun(plan, begun, held)
        else:
            plan = plan.with_secrets(references(held, apps[0], external))
        session = stack.enter_context(
            open_session(options.store, placement, observer, probe=options.probe)
        )
        return _measured(plan, options, _Means(session, external, held, counter), length)


def _drops_slower(options: RaceOptions, variants: Sequence[Variant]) -> bool:
    """Whether slower servers leave: where versions or commits are compared, all are wanted."""
    has_versions = len(variants) > 1 or options.versions
    return not (options.keep_all or options.precision or has_versions)


def _require_several(suite: DraftSuite) -> None:
    if len(suite.stacks) == 1:
        raise BadInput(
            f"--keep-all keeps servers that fall behind others, and {suite.stacks[0].name} races "
            "alone"
        )


@dataclass(frozen=True, slots=True)
class _Length:
    """How long the race goes on, and whether it has an A/A control."""

    rounds: int | None
    precision: float | None
    within: Budget | None
    control: bool | None
    given_s: float | None = None
    """The budget that the user has set."""

    @classmethod
    def of(cls, options: RaceOptions) -> _Length:
        limited = options.rounds or options.precision
        within = None if limited else budget_of(options.budget)
        return cls(options.rounds, options.precision, within, options.control, options.budget)

    def apply_length(self, suite: DraftSuite) -> DraftSuite:
        suite = with_stop_rule(suite, self.rounds, self.precision, self.within)
        suite = controlled(suite, wanted=self.control)
        # The control takes time of the budget, too.
        return with_stop_rule(suite, None, None, self.within)

    def fitted(self, suite: _SuiteT, seen: SeenBefore) -> _SuiteT:
        """Set the lengths of trials and windows by what is known before the rounds."""
        if self.within is None:
            return with_usual_lengths(suite, seen)
        return fitted(suite, seen, self.given_s)


@dataclass(frozen=True, slots=True)
class _RaceInputs:
    """A project in its variants, the requests, and the catalog of servers."""

    catalog: Catalog
    project: Project
    variants: Sequence[Variant]
    mix: Mix


@dataclass(frozen=True, slots=True)
class _Plan:
    """A race that is planned; nothing is started yet."""

    race_plan: RacePlan
    suite: DraftSuite
    variants: Sequence[Variant]
    begun: Run | None = None
    """The race that is resumed."""

    def with_secrets(self, secrets: tuple[SecretReference, ...]) -> _Plan:
        return dataclasses.replace(self, suite=dataclasses.replace(self.suite, secrets=secrets))

    def with_services(self, services: Services) -> _Plan:
        """Fill the URLs of services into the app's variables."""
        catalog = services.fill_in(self.race_plan.catalog)
        return dataclasses.replace(
            self, race_plan=dataclasses.replace(self.race_plan, catalog=catalog)
        )

    def installed(self, session: Session) -> Prepared:
        return prepare(
            self.suite,
            self.race_plan.catalog,
            OverlaidEnvironments(self.race_plan.project, cache_dir()),
            session.folder,
            session.observer,
            own_environments=environments_of(self.variants),
        )


def _planned(
    inputs: _RaceInputs, servers: str | None, settings: RaceSettings, versions: Versions
) -> _Plan:
    """Plan the race without starting anything."""
    project, variants = inputs.project, inputs.variants
    mix = dataclasses.replace(inputs.mix, name=word(inputs.mix.name))
    workload = workload_of(mix, project.targets)
    speaking = _spoken(workload) or settings.protocol
    eligible = eligible_servers(inputs.catalog, project, servers, speaking=speaking)
    catalog = with_variants(inputs.catalog, project, variants, workload)
    suite = race_suite(catalog, project, eligible, workload, settings)
    suite = with_raced_framework(versions.of(suite, catalog, project.installed))
    suite = across(suite, variants)
    commits = tuple(RacedCommit(v.project.name, v.label, v.is_checkout) for v in variants)
    race_plan = RacePlan(
        catalog, project, mix,
        keep_failing=servers not in {None, EVERY_ONE},
        commits=commits,
        untracked=untracked_in(project.root) if any(c.is_checkout for c in commits) else (),
    )  # fmt: skip
    return _Plan(race_plan, suite, variants)


def _spoken(workload: Workload) -> Protocol | None:
    """Return what servers have to speak beside plain HTTP."""
    if workload.has_messages:
        return "websocket"
    return "streaming" if workload.has_streams else None


def _as_begun(plan: _Plan, begun: Run, held: Secrets) -> _Plan:
    """Resume a race. Raises BadInput where the options plan another one, or lack a secret of it.

    What is expected of responses is not known again until the servers are asked.
    """
    suite, race_plan = begun.plan.suite, plan.race_plan
    if suite.race_info is None:
        raise BadInput(
            f"run {begun.number} is no race: `timetrial run --resume {begun.number}` goes on"
        )
    shown, from_log = held.shown(plan.suite), race_plan.mix.comes_from_a_log
    if (what := difference(held.shown(suite), shown, from_log=from_log)) is not None:
        raise BadInput(f"run {begun.number} is another race; {what}")
    if (what := unlike_requests(suite, plan.suite, held.hidden)) is not None:
        raise BadInput(f"run {begun.number} {what}")
    resumed = with_workload(suite, workload_in(plan.suite))
    return _Plan(race_plan, resumed, plan.variants, begun)


@dataclass(frozen=True, slots=True)
class _Means:
    """The session, the services of the user's, the secrets of a race, and what counts after it."""

    session: Session
    external: Mapping[str, Access]
    held: Secrets
    counter: Counter | None


def _measured(plan: _Plan, options: RaceOptions, means: _Means, length: _Length) -> Measured:
    session = means.session
    with session.services(plan.suite, plan.race_plan.catalog, means.external) as services:
        plan = plan.with_services(services)
        prepared = plan.installed(session)
        began_s = MACHINE_CLOCK.now_s()
        cpus = session.placement.server_cpus
        start = RealStarter(plan.suite, prepared, cpus, session.folder, {}, any_answer=True)
        if plan.begun is None:
            with qualified_servers(
                plan.race_plan, plan.suite, prepared, start, session.observer
            ) as qualified:
                suite = length.apply_length(qualified.suite)
                prepared, context = _context(suite, prepared, services, options, means)
                fitting = _Fitting(length, qualified.started.times, began_s)
                suite = fitting(suite)
                if length.within is not None:
                    session.observer(expected(suite, length.given_s))
                number = session.create(
                    suite,
                    options.seed,
                    prepared,
                    context,
                    up=qualified.started.running,
                    fitted=fitting,
                )
        else:
            number = plan.begun.number
            asked = answers_again(plan.race_plan, plan.suite, prepared, start, session.observer)
            suite = _as_answered(plan.begun, plan.suite, asked, means.held)
            prepared, context = _context(suite, prepared, services, options, means)
        measured = session.measure(number, context)
        measured = with_countings(measured, means.counter, session, prepared, context)
        return with_experiments(measured, options.repeats, session, prepared, context)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Fits the length of a race to what was seen until it is called."""

    length: _Length
    starts: StartTimes
    began_s: float

    def __call__(self, suite: _SuiteT) -> _SuiteT:
        seen = SeenBefore(self.starts, MACHINE_CLOCK.now_s() - self.began_s)
        return self.length.fitted(suite, seen)


def _context(
    suite: DraftSuite,
    prepared: Prepared,
    services: Services,
    options: RaceOptions,
    means: _Means,
) -> tuple[Prepared, RunContext]:
    prepared = with_controls(prepared, suite)
    ports = ports_from(suite, options.port)
    context = means.session.context(suite, prepared, services, ports=ports, held=means.held)
    return prepared, context


def _as_answered(begun: Run, suite: DraftSuite, asked: Workload, held: Secrets) -> DraftSuite:
    """Expect the present answers. Raises BadInput where they are not those of the beginning."""
    stored = workload_in(begun.plan.suite)
    if (what := other_answer(stored, asked)) is not None:
        raise BadInput(f"run {begun.number} cannot go on: {what}; start a new race")
    held.resume(stored, asked)
    return with_workload(suite, asked)
