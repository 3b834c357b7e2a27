"""Versions of one server are started alike: hash seed, addresses, length of their environment."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_stacks import FakeStack, small_suite, staged
from runs import a_stack
from small_stacks import eventually, launch_of
from timetrial.machine.clock import Clock
from timetrial.model import CommonStart, Stack, Suite
from timetrial.runner.common_starts import hash_seed, versions_beside
from timetrial.runner.execute import execute
from timetrial.stacks.common_start import ROOM_BYTES, in_common, start_bytes
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import _SupervisedProcess

SAYS = """
import json, os, sys
from pathlib import Path
said = {
    "personality": int(Path("/proc/self/personality").read_text(), 16) & 0x0040000,
    "seed": os.environ.get("PYTHONHASHSEED"),
    "hash": hash("a text"),
    "bytes": len(Path("/proc/self/cmdline").read_bytes() + Path("/proc/self/environ").read_bytes()),
}
Path(sys.argv[1]).write_text(json.dumps(said))
"""


LAUNCH = launch_of("hello", Path("/"))


def version(name: str, requirements: tuple[str, ...] = (), control_of: str | None = None) -> Stack:
    alike = a_stack("granian")
    return dataclasses.replace(alike, name=name, requirements=requirements, control_of=control_of)


def suite_of(*stacks: Stack) -> Suite:
    return dataclasses.replace(small_suite(), stacks=stacks)


OLD = version("granian 2.8.5", requirements=("granian==2.8.5",))
NEW = version("granian 2.8.7", requirements=("granian==2.8.7",))
TWICE = version("granian (control)", control_of="granian 2.8.5")


def test_versions_are_the_same_server_with_the_same_settings() -> None:
    threaded = dataclasses.replace(NEW, name="threaded", threads=9)
    suite = suite_of(OLD, NEW, TWICE, threaded, a_stack("uvicorn"))
    for stack in (OLD, NEW, TWICE):
        assert versions_beside(suite, stack) == (OLD.name, NEW.name, TWICE.name)
    assert versions_beside(suite, threaded) == ()
    assert versions_beside(suite, suite.stack("uvicorn")) == ()


def test_a_control_is_no_version() -> None:
    suite = suite_of(OLD, TWICE, a_stack("uvicorn"))
    assert versions_beside(suite, OLD) == ()


@given(st.integers(0, 2**32), st.integers(1, 1000))
def test_a_hash_seed_follows_from_run_round_and_attempt(seed: int, round_: int) -> None:
    here = hash_seed(seed, round_, 0)
    assert here == hash_seed(seed, round_, 0)
    assert 1 <= here < 2**32
    assert here not in {hash_seed(seed, round_ + 1, 0), hash_seed(seed, round_, 1)}


@given(st.text(max_size=60), st.integers(1, 65_535))
def test_whatever_paths_and_ports_are_the_length_is_the_same(path: str, port: int) -> None:
    launch = a_launch("serve", f"--port={port}", env={"HOME": path.replace("\0", "")})
    other = a_launch("serve", "--port=1", env={"HOME": "/a/much/longer/path" * 9})
    length = max(map(start_bytes, (launch, other))) + ROOM_BYTES
    assert {start_bytes(in_common(each, 7, length)) for each in (launch, other)} == {length}


def test_a_seed_of_the_apps_own_stays() -> None:
    launch = in_common(a_launch("serve", env={"PYTHONHASHSEED": "5"}), 7, 500)
    assert launch.env["PYTHONHASHSEED"] == "5"
    assert launch.common == CommonStart(None, 500, fixed_addresses=True)


def a_launch(*command: str, env: dict[str, str]) -> Launch:
    return dataclasses.replace(LAUNCH, command=command, env=env)


def test_what_was_in_common_is_stored_with_each_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = FakeStack.__init__

    def with_common(  # noqa: PLR0913, PLR0917 - those of the original
        self: FakeStack, stack: Stack, round_: int, number: int, stopped: list[str], clock: Clock
    ) -> None:
        made(self, stack, round_, number, stopped, clock)
        common = CommonStart(100 + round_, 800, fixed_addresses=True)
        self.launch = dataclasses.replace(self.launch, common=common)

    monkeypatch.setattr(FakeStack, "__init__", with_common)
    with staged(tmp_path) as stage:
        run = execute(stage.run, stage.context())
    # A fake's addresses are as random as ever, whatever was wanted.
    expected = [CommonStart(100 + life.round, 800, fixed_addresses=False) for life in run.lives]
    assert [life.common for life in run.lives] == expected


def said_by(name: str, folder: Path) -> dict[str, object]:
    file = folder / f"{name}.json"
    launch = dataclasses.replace(
        launch_of(name, folder),
        command=(sys.executable, "-c", SAYS, str(file)),
        env={"PATH": "/bin"},
    )
    launch = in_common(launch, 4_242, 4_000)
    supervised = _SupervisedProcess(launch)
    try:
        supervised.spawn(launch)
        assert eventually(lambda: supervised.exit_code() is not None)
    finally:
        supervised.stop(1.0)
    said: dict[str, object] = json.loads(file.read_text())
    return {**said, "fixed": supervised.fixed_addresses}


def test_processes_have_the_seed_the_addresses_and_the_length(tmp_path: Path) -> None:
    one, other = (said_by(name, tmp_path) for name in ("short", "a-much-longer-name"))
    assert one == other
    assert one["seed"] == "4242"
    # Where the kernel does not permit it, that is what is recorded.
    assert one["fixed"] is bool(one["personality"])
