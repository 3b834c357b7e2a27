"""Temporary folders with an owner: those of a process that was killed are removed by the next."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Self

_PREFIX = "timetrial-"
_SUFFIX = ".owner"
"""Of the file beside a folder on which its owner holds a lock, for as long as it lives."""

_swept: set[Path] = set()


class OwnFolder:
    """A temporary folder, removed at the end of its context, or by a later process."""

    def __init__(self, what: str = "", parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        if parent not in _swept:
            _swept.add(parent)
            sweep(parent)
        self._folder = tempfile.TemporaryDirectory(
            prefix=f"{_PREFIX}{what}-" if what else _PREFIX, dir=parent
        )
        self.name = self._folder.name
        self._owner = Path(self.name + _SUFFIX)
        self._lock = _locked(self._owner)

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *_raised: object) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Remove the folder; what has died with this is removed at the next start."""
        self._folder.cleanup()
        if self._lock is not None:
            self._owner.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def sweep(parent: Path) -> None:
    """Remove the folders of this user whose owners have ended; never one of a living owner."""
    for owner in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError), _Abandoned(owner):
            shutil.rmtree(owner.with_name(owner.name.removesuffix(_SUFFIX)), ignore_errors=True)
            owner.unlink()


class _Abandoned:
    """The lock of an owner that has ended. Raises OSError for any other."""

    def __init__(self, owner: Path) -> None:
        self._lock = os.open(owner, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(self._lock)
            if found.st_uid != os.geteuid() or not stat.S_ISREG(found.st_mode):
                raise PermissionError(owner)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        os.close(self._lock)


def _locked(owner: Path) -> int | None:
    """Make the file and lock it. None where there are no locks: the folder is then never swept."""
    while True:
        lock = os.open(owner, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            os.close(lock)
            owner.unlink(missing_ok=True)
            return None
        # Another process may have taken it for abandoned, between both calls.
        if owner.exists() and owner.stat().st_ino == os.fstat(lock).st_ino:
            return lock
        os.close(lock)
