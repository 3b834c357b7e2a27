"""Who a service runs as, and where its files can lie so that it can reach them."""

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

from timetrial.model.errors import ServiceFailed
from timetrial.model.text import comma_separated

UNPRIVILEGED = "nobody"
SYSTEM_CACHE = Path("/var/cache/timetrial")
"""Of root: the home folder of root can be entered by root alone."""

_PROGRAM = Path(__file__).with_name("unprivileged.py")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs a service."""

    uid: int | None = None
    """None for whoever runs Timetrial."""
    gid: int | None = None

    def command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Return the command that runs a command as this account."""
        if self.uid is None:
            return command
        # Not the virtual environment's link, which may lie where this account cannot go: it is
        # read before the change of user.
        lead = (sys.executable, "-I", "-S", str(_PROGRAM), str(self.uid), str(self.gid))
        return (*lead, *command)

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def cache(self, usual: Path) -> Path:
        """Return where this account can reach installed packages."""
        return usual if self.uid is None or _reachable(usual) else SYSTEM_CACHE


def account_of(service: str, *, refuses_root: bool) -> Account:
    """Choose an account: an existing one without rights where root is refused."""
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
    """Make the folder that a service keeps its files in, and remove it afterwards."""
    if account.uid is None:
        folder = work_dir / "services" / service
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    candidates = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes a folder of its own there
    parent = next((each for each in candidates if each.is_dir() and _reachable(each)), None)
    if parent is None:
        listed = comma_separated(candidates)
        raise ServiceFailed(service, f"has no folder that {UNPRIVILEGED!r} can reach: {listed}")
    with tempfile.TemporaryDirectory(prefix=f"timetrial-{service}-", dir=parent) as made:
        account.own(Path(made))
        yield Path(made)


def _reachable(folder: Path) -> bool:
    """Whether everybody may enter a folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    existing = [each for each in (folder, *folder.parents) if each.exists()]
    return all(each.stat().st_mode & stat.S_IXOTH for each in existing)
