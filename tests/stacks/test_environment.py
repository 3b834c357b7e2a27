"""Environments are made once, from pins with hashes, and never left half made."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs
import pytest

from timetrial.catalog import load_catalog
from timetrial.model.errors import StackFailed
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.interpreter import find_interpreter

LOCKS = load_catalog().locks
SMALL = ("waitress",)


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where `timetrial` itself keeps environments: repeated runs are quick."""
    return Path(os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial"))


def stamp(environment: Environment) -> Path:
    return environment.python.parents[2] / "complete.json"


def test_an_environment_holds_the_versions_of_the_lock(cache: Path) -> None:
    environment = Environments(cache).prepare(["gunicorn[gevent]"], LOCKS)
    names = [package.partition("==")[0] for package in environment.packages]
    assert names == sorted(names)
    assert {"gunicorn", "gevent", "greenlet"} <= set(names)
    lock = LOCKS[0].read_text("utf-8")
    assert all(f"\n{package} " in f"\n{lock}" for package in environment.packages)


def test_its_programs_run(cache: Path) -> None:
    environment = Environments(cache).prepare(["gunicorn[gevent]"], LOCKS)
    said = subprocess.run(
        [str(environment.bin / "gunicorn"), "--version"], capture_output=True, text=True, check=True
    )
    version = next(each for each in environment.packages if each.startswith("gunicorn=="))
    assert version.partition("==")[2] in said.stdout


def test_it_runs_on_the_python_of_timetrial_unless_told_otherwise(cache: Path) -> None:
    environment = Environments(cache).prepare(SMALL, LOCKS)
    assert environment.python_version == (
        f"{platform.python_implementation()} {platform.python_version()}"
    )
    assert os.path.realpath(environment.python) == os.path.realpath(sys.executable)


def test_it_is_made_once_and_that_is_told_before(tmp_path: Path) -> None:
    environments = Environments(tmp_path)
    told: list[bool] = []

    def installing() -> None:
        told.append(any(tmp_path.glob("environments/*/complete.json")))

    first = environments.prepare(SMALL, LOCKS, installing=installing)
    made_ns = stamp(first).stat().st_mtime_ns
    assert environments.prepare(SMALL, LOCKS, installing=installing) == first
    assert stamp(first).stat().st_mtime_ns == made_ns
    assert told == [False]


def test_it_is_compiled_where_servers_look_though_the_shell_keeps_bytecode_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))
    environment = Environments(tmp_path / "cache").prepare(SMALL, LOCKS)
    (compiled,) = environment.python.parents[1].glob("lib/*/site-packages/waitress/__pycache__")
    assert list(compiled.glob("server.*.pyc"))


def test_other_packages_are_another_environment(cache: Path) -> None:
    environments = Environments(cache)
    one, two = (environments.prepare(each, LOCKS) for each in (SMALL, ("waitress", "uvicorn")))
    assert one.python != two.python


def test_a_half_made_one_is_made_again(tmp_path: Path) -> None:
    environments = Environments(tmp_path)
    environment = environments.prepare(SMALL, LOCKS)
    stamp(environment).unlink()
    (environment.bin / "waitress-serve").unlink()
    assert environments.prepare(SMALL, LOCKS) == environment
    assert (environment.bin / "waitress-serve").exists()


def test_one_whose_interpreter_is_gone_is_made_again(tmp_path: Path) -> None:
    environments = Environments(tmp_path)
    environment = environments.prepare(SMALL, LOCKS)
    environment.python.unlink()
    environment.python.symlink_to(tmp_path / "gone")
    assert environments.prepare(SMALL, LOCKS).python.exists()


def test_those_who_want_the_same_one_at_once_wait_for_it(tmp_path: Path) -> None:
    environments = Environments(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: environments.prepare(SMALL, LOCKS), range(3)))
    assert made[0] == made[1] == made[2]


def test_a_version_that_is_asked_for_is_the_one_that_is_installed(cache: Path) -> None:
    environment = Environments(cache).prepare(["waitress==3.0.1"], LOCKS)
    assert environment.packages == ("waitress==3.0.1",)


def test_a_wrong_hash_fails_the_install(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"waitress==3.0.2 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    with pytest.raises(StackFailed, match=r"waitress==3\.0\.2") as caught:
        Environments(tmp_path).prepare(SMALL, [lock])
    assert caught.value.phase == "install"
    assert "hash" in caught.value.log_tail.lower()


def test_a_package_that_does_not_exist_fails_the_install(tmp_path: Path) -> None:
    missing = r"there is no waitress==0\.0\.0\.0\.1: the package index does not have it"
    with pytest.raises(StackFailed, match=missing) as caught:
        Environments(tmp_path).prepare(["waitress==0.0.0.0.1"], LOCKS)
    assert caught.value.phase == "install"
    assert "waitress" in caught.value.log_tail


def test_an_interpreter_that_does_not_run_fails_the_install(tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match=r"'.*/gone' .* 127") as caught:
        Environments(tmp_path, tmp_path / "gone").prepare(SMALL, LOCKS)
    assert caught.value.phase == "install"


def test_another_interpreter_is_another_environment(cache: Path) -> None:
    versions = [each for each in ("3.12", "3.11") if each != f"3.{sys.version_info[1]}"]
    try:
        other = find_interpreter(versions, Path(sys.executable))
    except StackFailed:
        pytest.skip("no second version of CPython is installed here")
    own = Environments(cache).prepare(SMALL, LOCKS)
    environment = Environments(cache, other).prepare(SMALL, LOCKS)
    assert environment.python != own.python
    assert os.path.realpath(environment.python) == os.path.realpath(other)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="meinheld builds on CPython 3.11 alone")
def test_an_override_installs_what_a_package_forbids(cache: Path) -> None:
    """Of the real thing: meinheld asks for a greenlet below 0.5."""
    meinheld = load_catalog().server("meinheld")
    locks = (*meinheld.locks, *LOCKS)
    environments = Environments(cache)
    environment = environments.prepare(meinheld.packages, locks, (), meinheld.overrides)
    versions = dict(package.split("==", 1) for package in environment.packages)
    assert int(versions["greenlet"].partition(".")[0]) >= 3
    with pytest.raises(StackFailed, match="installing greenlet"):
        environments.prepare(meinheld.packages, locks)
