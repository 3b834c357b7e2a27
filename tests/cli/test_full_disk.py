"""A full disk, or one that cannot be written, loses nothing and is named."""

from __future__ import annotations

import errno
import io
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from fake_stacks import Stage
from runs import a_run, a_suite, cut_short
from stored import keep
from timetrial.cli.endings import Resumption, outcome
from timetrial.cli.history import history
from timetrial.cli.main import main
from timetrial.cli.output import write_file
from timetrial.model import BadInput, DiskFull, StackFailed, StoreError, unobserved
from timetrial.reports.files import write_page, write_to
from timetrial.runner.session import Session, open_session, placed
from timetrial.stacks.environment import kept_environment
from timetrial.store import Store

NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _FullDisk(io.BytesIO):
    """Takes some bytes, as a disk does that becomes full."""

    def write(self, _data: object, /) -> int:
        raise NO_ROOM


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(number: int, _mode: str) -> _FullDisk:
        os.close(number)
        return _FullDisk()

    monkeypatch.setattr("timetrial.reports.files.open", opened, raising=False)


@pytest.mark.parametrize(
    "write",
    [
        lambda file: write_file(file, "{}"),
        lambda file: write_to(file, b"<svg/>"),
        lambda file: write_page("<html>", file.parent, file.name),
    ],
)
def test_what_has_no_room_leaves_no_file_and_no_other_one_half(
    write: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_text("whole")
    fill_the_disk(monkeypatch)
    for name in ("old", "new"):
        with pytest.raises(BadInput, match=r"cannot be written.*: No space left on device"):
            write(tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "whole"


def test_a_file_in_a_folder_that_cannot_be_written_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_arguments: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "old").write_text("before")
    monkeypatch.setattr("timetrial.reports.files.tempfile.mkstemp", refuse)
    write_to(tmp_path / "old", b"after")
    assert (tmp_path / "old").read_text() == "after"
    with pytest.raises(BadInput, match="Permission denied"):
        write_to(tmp_path / "new", b"after")


@pytest.mark.parametrize(
    "failure",
    [NO_ROOM, StackFailed("install", "x", "error: failed to write\n (os error 28)")],
)
def test_a_full_cache_is_named(failure: Exception, tmp_path: Path) -> None:
    def install() -> None:
        raise failure

    folder = tmp_path / "cache" / "environments" / "key"
    with pytest.raises(BadInput, match="No space left on device; make room there") as refusal:
        kept_environment(folder, Path("/usr/bin/python3"), "", install)
    assert f"no environment can be made in '{tmp_path / 'cache'}'" in str(refusal.value)


@pytest.mark.parametrize("failure", [NO_ROOM, StoreError("the database is full")])
def test_a_run_whose_disk_is_full_can_be_gone_on_with(
    failure: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def execute(*_arguments: object) -> None:
        raise failure

    monkeypatch.setattr("timetrial.runner.session.execute", execute)
    with Store.open(tmp_path / "s.db") as store:
        number = keep(store, cut_short(a_run(a_suite(["granian"])), 3))
        session = Session(store, tmp_path, unobserved, placed())
        measured = session.measure(number, Stage(store, number).context())
        assert len(measured.run.measurements) == 3
        assert outcome(measured, Resumption("timetrial race . --resume 1", ())) == 3
    said = capsys.readouterr().err
    assert "go on with: timetrial race . --resume 1" in said
    assert str(DiskFull(NO_ROOM) if failure is NO_ROOM else failure) in said


def test_a_full_disk_is_a_sentence_wherever_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def verb(**_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x")  # noqa: S108 - only named

    monkeypatch.setattr(sys.modules["timetrial.cli.main"], "verbs", SimpleNamespace(main=verb))
    with pytest.raises(SystemExit, match="3"):
        main()
    said = capsys.readouterr().err
    assert said == "timetrial: '/tmp/x' cannot be written: No space left on device\n"


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a store that cannot be written, as on a file system that is mounted so."""
    with Store.open(tmp_path / "s.db") as store:
        keep(store, a_run(a_suite(["granian"], rounds=2), number=1))
    monkeypatch.setattr("timetrial.store.engines.os.access", lambda *_arguments: False)
    return tmp_path / "s.db"


def test_a_store_that_cannot_be_written_is_read(read_only: Path) -> None:
    before = read_only.read_bytes()
    done = CliRunner().invoke(history, ["--store", str(read_only)])
    assert done.exit_code == 0
    assert [file.name for file in read_only.parent.iterdir()] == ["s.db"]
    assert read_only.read_bytes() == before
    with Store.open(read_only) as store, pytest.raises(StoreError, match="it is read-only"):
        store.delete(1)
    with (
        pytest.raises(BadInput, match="it is read-only; name another with --store"),
        open_session(str(read_only), placed(), unobserved),
    ):
        pass


def test_what_is_in_the_journal_alone_is_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(a_suite(["granian"], rounds=2), number=1)
    with Store.open(tmp_path / "s.db") as writing:
        keep(writing, run)
        monkeypatch.setattr("timetrial.store.engines.os.access", lambda *_arguments: False)
        with Store.open(tmp_path / "s.db") as store:
            assert store.load(1) == run


def test_a_former_store_that_cannot_be_written_is_read(read_only: Path) -> None:
    with closing(sqlite3.connect(read_only)) as database, database:
        database.execute("DELETE FROM schema_version WHERE version > 1")
        database.execute("DROP TABLE totals")
    with Store.open(read_only) as store:
        assert store.load(1).number == 1
