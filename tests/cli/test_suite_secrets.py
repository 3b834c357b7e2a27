"""A run of a suite keeps references to the secrets of TOML files, and reads them there again."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import planted
import pytest
from command_line import complaint, write

from runs import A_MACHINE, a_failure
from timetrial.catalog import load_catalog
from timetrial.catalog.loader import read_app, read_service, read_suite
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_files import SuiteFiles
from timetrial.catalog.suites import build_suite
from timetrial.model.errors import BadInput, ManifestError
from timetrial.model.plan import plan
from timetrial.model.redaction import without_passwords
from timetrial.model.suite import DraftSuite, Suite
from timetrial.store.secrets import SecretStore
from timetrial.store.store import Store
from timetrial.verbs.suite_secrets import (
    as_begun,
    begun_files,
    references_of_suite,
    secrets_of_suite,
)

OWN = Path("own")
FILES = {
    **planted.FILES,
    "own/apps/shop/app.toml": planted.OWN_APP.replace("[env]", 'services = ["vault"]\n[env]'),
    "own/services/vault.toml": planted.VAULT,
}
APP = "own/apps/shop/app.toml"


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path: Path) -> Iterator[Path]:
    write(tmp_path, FILES)
    with contextlib.chdir(tmp_path):
        yield tmp_path


def catalog_in(folder: Path) -> Catalog:
    """Add the user's app and service to the catalog, whose files are read once."""
    catalog = load_catalog()
    vault = read_service(folder / "services" / "vault.toml")
    return dataclasses.replace(
        catalog,
        apps={**catalog.apps, "shop": read_app(folder / "apps" / "shop" / "app.toml")},
        services={**catalog.services, "vault": vault},
    )


def refusal() -> str:
    with Store.open(Path("timetrial.db")) as store:
        begun = store.load(1)
    files = begun_files(begun, catalog_in(OWN), OWN)
    with pytest.raises(BadInput) as refused:
        as_begun(files, begun, {})
    return str(refused.value)


def planned() -> tuple[SuiteFiles, DraftSuite]:
    catalog, manifest = catalog_in(OWN), read_suite(Path("bench.toml"))
    suite = build_suite(manifest, catalog)
    return SuiteFiles(catalog, OWN, manifest, "bench.toml"), suite


def begin(store: Store) -> Suite:
    """Begin a run, without measuring; return its suite as it is measured."""
    files, draft = planned()
    held = secrets_of_suite(files, draft, {})
    suite = dataclasses.replace(draft, secrets=references_of_suite(held, files, draft, {})).at({})
    live = SecretStore(store, held)
    number = live.create_run(plan(suite, 1), A_MACHINE, [], "0", "2026-11-30T00:00:00")
    said = " ".join(planted.SECRETS.values())
    live.add_failure(number, dataclasses.replace(a_failure(), log_tail=said))
    assert live.load(number).plan.suite.benchmarks == suite.benchmarks
    assert live.load(number).plan.suite.stacks == suite.stacks
    return suite


def test_the_store_has_none_of_them_and_a_run_that_goes_on_has_all(folder: Path) -> None:
    with Store.open(folder / "timetrial.db") as store:
        suite = begin(store)
        begun, exported = store.load(1), json.dumps(store.export(1))
    typed = [planted.SECRETS[place] for place in planted.PLACES if not place.startswith("toml-")]
    kept = exported
    for secret in typed:  # what no file holds is unknown to a run of a suite
        kept = kept.replace(secret, "")
    assert list(planted.leaks(folder / "nowhere", kept)) == []
    files = begun_files(begun, catalog_in(OWN), OWN)
    again, held = as_begun(files, begun, {})
    assert again == suite, "all that is measured comes back from the files"
    assert held.hidden(planted.SECRETS["toml-body"]) == "***"
    (stack,) = begun.plan.suite.stacks
    assert stack.env == {"API_TOKEN": "***", "SIZE": "1"}, "what is no secret stays"
    origins = {(r.place, r.name): r.origin for r in (*begun.plan.suite.secrets, *stack.secrets)}
    assert origins == {
        ("variable", "SECRET_KEY"): APP,
        ("variable", "DATABASE_URL"): APP,
        ("variable", "API_TOKEN"): "bench.toml",
        ("setting", "vault.password"): "own/services/vault.toml",
    }


def test_the_catalog_may_have_moved(folder: Path) -> None:
    with Store.open(folder / "timetrial.db") as store:
        suite = begin(store)
        begun = store.load(1)
    moved = OWN.rename("mine")
    again, _ = as_begun(begun_files(begun, catalog_in(moved), moved), begun, {})
    assert again == suite


def test_a_run_of_before_goes_on_with_what_it_holds(folder: Path) -> None:
    _, draft = planned()
    with Store.open(folder / "timetrial.db") as store:
        store.create_run(plan(draft.at({}), 1), A_MACHINE, [], "0", "2026-11-30T00:00:00")
        begun = store.load(1)
    again, held = as_begun(begun_files(begun, catalog_in(OWN), OWN), begun, {})
    assert again == begun.plan.suite == draft.at({})
    assert held.hidden(planted.SECRETS["toml-body"]) == "***", "its logs have no more of them"


@pytest.mark.parametrize(
    ("place", "what", "file"),
    [
        ("toml-cookie", "the header Cookie of GET /?api_key=***", APP),
        ("toml-query", "a token of GET /?api_key=***", APP),
        ("toml-app", "the variable SECRET_KEY", APP),
        ("toml-url", "the variable DATABASE_URL", APP),
        ("toml-header", "the header X-Api-Key of POST /login", "bench.toml"),
        ("toml-body", "the body of POST /login", "bench.toml"),
        ("toml-template", "the expected body of POST /login", "bench.toml"),
        ("toml-stack", "the variable API_TOKEN of the stack waitress", "bench.toml"),
        ("toml-setting", "the setting vault.password", "own/services/vault.toml"),
    ],
)
def test_a_value_that_differs_is_named_with_its_file(
    folder: Path, place: str, what: str, file: str
) -> None:
    with Store.open(folder / "timetrial.db") as store:
        begin(store)
    changed = Path(file).read_text().replace(planted.SECRETS[place], "another")
    Path(file).write_text(changed)
    assert refusal() == (
        f"run 1 was begun with another value of {what} than {file} has now: put back the former "
        "one, or start a new run"
    )


@pytest.mark.parametrize(
    ("line", "what", "file"),
    [
        ("headers = { Cookie", "the header Cookie of GET /?api_key=***", APP),
        ("SECRET_KEY", "the variable SECRET_KEY", APP),
        ("body = '", "the body of POST /login", "bench.toml"),
        ("stacks", "the variable API_TOKEN of the stack waitress", "bench.toml"),
    ],
)
def test_a_value_that_lacks_is_named_with_its_file(
    folder: Path, line: str, what: str, file: str
) -> None:
    with Store.open(folder / "timetrial.db") as store:
        begin(store)
    lines = Path(file).read_text().splitlines()
    kept = [
        'servers = ["waitress"]' if line == each[: len(line)] == "stacks" else each
        for each in lines
        if not each.startswith(line) or line == "stacks"
    ]
    Path(file).write_text("\n".join(kept))
    assert refusal() == (
        f"run 1 was begun with {what}, which {file} has no more: put it back, or start a new run"
    )


def test_the_program_says_it_in_one_line_before_anything_starts(folder: Path) -> None:
    with Store.open(folder / "timetrial.db") as store:
        begin(store)
    Path("bench.toml").write_text(planted.SUITE.replace("X-Api-Key", "X-Other"))
    said = complaint("run", "--resume", "1", "--catalog", "own", folder=folder)
    assert said == (
        "run 1 was begun with the header X-Api-Key of POST /login, which bench.toml has no more: "
        "put it back, or start a new run"
    )


def test_a_suite_that_is_not_there_is_named(folder: Path) -> None:
    with Store.open(folder / "timetrial.db") as store:
        begin(store)
        begun = store.load(1)
    Path("bench.toml").unlink()
    with pytest.raises(BadInput, match=r"values of bench\.toml that are not stored"):
        begun_files(begun, catalog_in(OWN), OWN)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'X-Api-Key = "',
            'X-Api-Key = "\\n',
            "workloads.login.headers.X-Api-Key: *** must",
        ),
        ('API_TOKEN = "', 'API_TOKEN = "{', "stacks[0].env.API_TOKEN: *** has a brace without"),
    ],
)
def test_what_is_wrong_with_a_file_quotes_no_secret(
    folder: Path, old: str, new: str, said: str
) -> None:
    write(folder, {"bench.toml": planted.SUITE.replace(old, new)})
    with pytest.raises(ManifestError, match=re.escape(f"bench.toml: {said}")) as refused:
        read_suite(Path("bench.toml"))
    assert without_passwords(str(refused.value)) == str(refused.value), "it is told as it is"
