"""Runs a suite, or resumes a run that was interrupted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from timetrial.analysis.aa_control import controlled
from timetrial.catalog.loader import load_catalog, read_suite
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_files import SuiteFiles, shown_file
from timetrial.catalog.suite_filter import narrowed
from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.catalog.suites import build_suite, check_references
from timetrial.drivers.choice import read_names
from timetrial.features.counting.afterwards import with_countings
from timetrial.features.lifecycle.run_all import with_experiments
from timetrial.machine.open_files import require_files
from timetrial.machine.placement import Placement
from timetrial.machine.speed_probe import SENTENCES
from timetrial.model import (
    ENGINE,
    BadInput,
    Budget,
    DraftSuite,
    IdleConnections,
    Observer,
    Run,
    unobserved,
)
from timetrial.project.versions.wanted import Versions, read_versions
from timetrial.runner.driver_adaptation import driven_by, tools_of
from timetrial.runner.eta import with_stop_rule
from timetrial.runner.prepare import prepare
from timetrial.runner.session import Measured, open_session, placed, ports_from
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.store.opening import read_run
from timetrial.verbs.counting import counter_of
from timetrial.verbs.options.run import RunOptions
from timetrial.verbs.projects import external_among
from timetrial.verbs.suite_secrets import (
    as_begun,
    begun_files,
    references_of_suite,
    secrets_of_suite,
)

DEFAULT_SUITE = "quick"


def run(options: RunOptions, observer: Observer = unobserved) -> Measured:
    """Measure a suite, each trial stored as it is measured.

    Raises BadInput, before anything is measured, for options or a suite that cannot be measured,
    ServiceFailed for a service that does not start, and ToolFailed for a load tool. An
    interruption, or a service that fails later, ends the run early; the trials measured until then
    are returned.
    """
    versions = read_versions(options.instead, options.versions, options.pythons)
    catalog = with_start_timeout(load_catalog(options.catalog_dir), options.start_timeout)
    begun = None if options.resume is None else read_run(options.store, options.resume)
    placement, counter = placed(), counter_of(options)
    if begun is None:
        manifest, file = _suite(catalog, options)
        files = SuiteFiles(catalog, options.catalog_dir, manifest, file)
        suite = _planned(manifest, catalog, options, versions, placement)
    else:
        suite = _as_begun(begun)
        files = begun_files(begun, catalog, options.catalog_dir)
    if options.probe and not any(benchmark.takes_turns for benchmark in suite.benchmarks):
        raise BadInput(f"--probe: {SENTENCES['loaded-together']}")
    _check_open_files(suite)
    if options.count and (other := next((b for b in suite.benchmarks if b.transport), None)):
        raise BadInput(
            f"--count counts requests of HTTP/1.1 over TCP: {other.name!r} is {other.transport}"
        )
    ports = ports_from(suite, options.port)
    external = external_among(suite.services, f"suite {suite.name!r}", catalog, options)
    if begun is None:
        held = secrets_of_suite(files, suite, external)
        references = references_of_suite(held, files, suite, external)
        suite = dataclasses.replace(suite, secrets=references)
    else:
        suite, held = as_begun(files, begun, external)
    with open_session(options.store, placement, observer, probe=options.probe) as session:
        environments = Environments(cache_dir(), versions.python)
        tools = session.tools(tools_of(suite), environments)
        with session.services(suite, catalog, external) as services:
            filled = services.fill_in(catalog)
            prepared = prepare(suite, filled, environments, session.folder, observer)
            context = session.context(
                suite, prepared, services, tools=tools, ports=ports, held=held
            )
            number = (
                begun.number if begun else session.create(suite, options.seed, prepared, context)
            )
            measured = session.measure(number, context)
            measured = with_countings(measured, counter, session, prepared, context)
            return with_experiments(measured, options.repeats, session, prepared, context)


def with_start_timeout(catalog: Catalog, start_timeout_s: float | None) -> Catalog:
    """Give the servers of all apps this time to start."""
    if start_timeout_s is None:
        return catalog
    apps = {
        name: dataclasses.replace(app, start_timeout_s=start_timeout_s)
        for name, app in catalog.apps.items()
    }
    return dataclasses.replace(catalog, apps=apps)


def _check_open_files(suite: DraftSuite) -> None:
    """Raise BadInput where a process may open fewer files than connections are to be held."""
    for benchmark in suite.benchmarks:
        if isinstance(benchmark.load, IdleConnections):
            what = f"benchmark {benchmark.name!r} of suite {suite.name!r}"
            require_files(benchmark.load.connections, what)


def _as_begun(begun: Run) -> DraftSuite:
    suite = begun.plan.suite
    if suite.race_info is not None:
        raise BadInput(
            f"run {begun.number} is a race: `timetrial race` goes on with it, given the same app "
            f"and --resume {begun.number}"
        )
    return suite


def _planned(
    manifest: SuiteManifest,
    catalog: Catalog,
    options: RunOptions,
    versions: Versions,
    placement: Placement,
) -> DraftSuite:
    within = None if options.budget is None else Budget(options.budget)
    suite = build_suite(manifest, catalog, options.profile or FAIR, len(placement.server_cpus))
    suite = versions.of(narrowed(suite, catalog, options.servers, options.benchmarks), catalog)
    suite = with_stop_rule(suite, options.rounds, options.precision, within, watch=options.watch)
    suite = driven_by(
        controlled(suite, wanted=options.control), read_names(options.drivers or ENGINE)
    )
    # The control and the drivers take time of the budget, too.
    suite = with_stop_rule(suite, None, None, within)
    return dataclasses.replace(suite, try_broken=options.try_broken)


def _suite(catalog: Catalog, options: RunOptions) -> tuple[SuiteManifest, str]:
    """Read the suite, and name its file. Raises ManifestError, and UnknownName."""
    name = options.suite or DEFAULT_SUITE
    if name.endswith(".toml"):
        file = Path(name)
        manifest = read_suite(file)
        check_references(file, manifest, catalog)
        return manifest, name
    return catalog.suite(name), shown_file(f"suites/{name}", options.catalog_dir)
