"""A race of every server that can serve an app of the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from timetrial.analysis.aa_control import controlled
from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog
from timetrial.features.lifecycle.after_run import with_experiments
from timetrial.features.race.eligible_servers import EVERY_ONE, eligible_servers
from timetrial.features.race.race_preparation import RacePlan, qualify_servers
from timetrial.features.race.resume import difference
from timetrial.features.race.suite import BUDGET_S, RaceSettings, budget_of, race_suite, word
from timetrial.machine.placement import Placement
from timetrial.model.errors import BadInput
from timetrial.model.events import Observer, unobserved
from timetrial.model.run import Run
from timetrial.model.stop_rule import Budget
from timetrial.model.suite import DraftSuite
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.project.versions.checkouts import environments_of, variants_of, with_variants
from timetrial.project.versions.variants import Variant, across
from timetrial.project.versions.wanted import Versions, read_versions
from timetrial.runner.eta import with_stop_rule
from timetrial.runner.prepare import Prepared, prepare, with_controls
from timetrial.runner.session import Measured, Session, open_session, placed, ports_from
from timetrial.runner.starter import real_starter
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import Services
from timetrial.store.opening import read_run
from timetrial.verbs.options.race import RaceOptions
from timetrial.verbs.projects import app_options_of_both, external_services_of, found_project
from timetrial.verbs.request_mix import mix_of


def race(options: RaceOptions, observer: Observer = unobserved) -> Measured:
    """Race all servers that can serve an app, each run stored as it is measured.

    Raises BadInput before anything is measured for what cannot be, ServiceFailed for a service
    that does not start. An interruption, or a service that fails later, ends the race early: what
    was measured until then is returned.
    """
    wanted = read_versions(options.instead, options.versions, ())
    begun = None if options.resume is None else read_run(options.store, options.resume)
    placement, length = placed(), _Length.of(options)
    catalog, mix = load_catalog(options.catalog_dir), mix_of(options, observer)
    wishes = app_options_of_both(options)
    external = external_services_of(wishes[0], catalog, "this race", options)
    projects = [found_project(app_options, catalog, external, observer) for app_options in wishes]
    with ExitStack() as stack:
        variants = variants_of(projects, options.revisions, stack)
        terms = _terms(options, placement, length.within)
        plan = _planned(_Field(catalog, projects[0], variants, mix), options.servers, terms, wanted)
        length.apply_length(plan.suite)  # complains before anything is installed
        if begun is not None:
            plan = _as_begun(plan, begun)
        session = stack.enter_context(open_session(options.store, placement, observer))
        return _measured(plan, options, session, external, length)


@dataclass(frozen=True, slots=True)
class _Length:
    """How long the race goes on, and whether a control takes part."""

    rounds: int | None
    precision: float | None
    within: Budget | None
    control: bool | None

    @classmethod
    def of(cls, options: RaceOptions) -> _Length:
        limited = options.rounds or options.precision
        within = None if limited else budget_of(options.budget)
        return cls(options.rounds, options.precision, within, options.control)

    def apply_length(self, suite: DraftSuite) -> DraftSuite:
        suite = with_stop_rule(suite, self.rounds, self.precision, self.within)
        suite = controlled(suite, wanted=self.control)
        # The control takes time of the budget, too.
        return with_stop_rule(suite, None, None, self.within)


@dataclass(frozen=True, slots=True)
class _Field:
    """What is raced: one project in its variants, and what is requested of it."""

    catalog: Catalog
    project: Project
    variants: Sequence[Variant]
    mix: Mix


@dataclass(frozen=True, slots=True)
class _Plan:
    """A race, before anything was started."""

    race_plan: RacePlan
    suite: DraftSuite
    variants: Sequence[Variant]
    begun: Run | None = None
    """The race that this one goes on with."""

    def with_services(self, services: Services) -> _Plan:
        """Put their URLs where the app's variables name them."""
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


def _terms(options: RaceOptions, placement: Placement, within: Budget | None) -> RaceSettings:
    return RaceSettings(
        options.workers or len(placement.server_cpus),
        options.threads,
        options.connections,
        options.thorough,
        within_s=within.seconds if within else BUDGET_S,
    )


def _planned(field: _Field, servers: str | None, terms: RaceSettings, wanted: Versions) -> _Plan:
    """Plan the race as far as that goes without starting anything."""
    project, variants = field.project, field.variants
    mix = dataclasses.replace(field.mix, name=word(field.mix.name))
    workload = workload_of(mix, project.targets)
    able = eligible_servers(field.catalog, project, servers)
    catalog = with_variants(field.catalog, project, variants, workload)
    suite = race_suite(catalog, project, able, workload, terms)
    suite = across(wanted.of(suite, catalog, project.installed), variants)
    race_plan = RacePlan(catalog, project, mix, keep_failing=servers not in {None, EVERY_ONE})
    return _Plan(race_plan, suite, variants)


def _as_begun(plan: _Plan, begun: Run) -> _Plan:
    """Go on with what was begun. Raises BadInput where something else is asked for."""
    suite, race_plan = begun.plan.suite, plan.race_plan
    if suite.race_info is None:
        raise BadInput(
            f"run {begun.number} is no race: `timetrial run --resume {begun.number}` goes on"
        )
    if (what := difference(suite, plan.suite)) is not None:
        raise BadInput(f"run {begun.number} is another race; {what}")
    workload = suite.benchmark(suite.race_info.capacity).workload
    catalog = with_variants(race_plan.catalog, race_plan.project, plan.variants, workload)
    race_plan = dataclasses.replace(race_plan, catalog=catalog)
    return _Plan(race_plan, suite, plan.variants, begun)


def _measured(
    plan: _Plan,
    options: RaceOptions,
    session: Session,
    external: Mapping[str, Access],
    length: _Length,
) -> Measured:
    with session.services(plan.suite, plan.race_plan.catalog, external) as services:
        plan = plan.with_services(services)
        prepared, suite = plan.installed(session), plan.suite
        if plan.begun is None:
            cpus = session.placement.server_cpus
            start = real_starter(suite, prepared, cpus, session.folder, {}, any_answer=True)
            suite = qualify_servers(plan.race_plan, suite, prepared, start, session.observer)
            suite = length.apply_length(suite)
        prepared = with_controls(prepared, suite)
        context = session.context(suite, prepared, services, ports=ports_from(suite, options.port))
        if plan.begun is None:
            number = session.create(suite, options.seed, prepared, context)
        else:
            number = plan.begun.number
        measured = session.measure(number, context)
        return with_experiments(measured, options.repeats, session, prepared, context)
