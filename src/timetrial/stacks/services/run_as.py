"""The account that runs a service, and folders that this account can reach."""

from __future__ import annotations

import os
import pwd
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine.own_folder import OwnFolder
from timetrial.model import ServiceFailed, comma_separated

UNPRIVILEGED = "nobody"
SYSTEM_CACHE = Path("/var/cache/timetrial")
"""Replaces root's cache, because other accounts cannot enter root's home folder."""

_PROGRAM = Path(__file__).with_name("unprivileged.py")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that runs a service."""

    uid: int | None = None
    """None for the account that runs Timetrial."""
    gid: int | None = None

    def command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Return a command that runs `command` as this account."""
        if self.uid is None:
            return command
        # The interpreter may be in a folder that the account cannot enter: it starts before the
        # change of user.
        lead = (sys.executable, "-I", "-S", str(_PROGRAM), str(self.uid), str(self.gid))
        return (*lead, *command)

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def cache(self, usual: Path) -> Path:
        """Return a cache of packages that this account can reach."""
        return usual if self.uid is None or _reachable(usual) else SYSTEM_CACHE


def account_of(service: str, *, refuses_root: bool) -> Account:
    """Choose an account: `nobody` for a service that refuses root. Raises ServiceFailed."""
    if not refuses_root or os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ServiceFailed(
            service,
            f"does not run as root, and there is no user {UNPRIVILEGED!r} to run it as",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


@contextmanager
def data_folder(service: str, account: Account, work_dir: Path) -> Iterator[Path]:
    """Make the data folder of a service. One outside `work_dir` is removed afterwards."""
    if account.uid is None:
        folder = work_dir / "services" / service
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    candidates = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes a folder of its own there
    parent = next((folder for folder in candidates if folder.is_dir() and _reachable(folder)), None)
    if parent is None:
        listed = comma_separated(candidates)
        raise ServiceFailed(service, f"has no folder that {UNPRIVILEGED!r} can reach: {listed}")
    with OwnFolder(service, parent) as made:
        account.own(Path(made))
        yield Path(made)


def _reachable(folder: Path) -> bool:
    """Whether all accounts may enter a folder, or its nearest existing parent."""
    folder = folder.absolute()
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & stat.S_IXOTH for path in existing)
