"""Where a service's programs are: in an environment of its own, or in the system."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from timetrial.catalog.registry import BackingService
from timetrial.model.errors import ServiceFailed, StackFailed
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.services.run_as import Account


@dataclass(frozen=True, slots=True)
class Installed:
    """What the placeholders of a service's commands stand for, as far as packages decide."""

    values: Mapping[str, str]
    """{timetrial}, {bin}, {site}, {home} and {here}; empty where there is no such folder."""


def install(
    service: BackingService, environments: Environments, locks: tuple[Path, ...], account: Account
) -> Installed:
    """Install the packages of a service, if it has any, and find its programs.

    What cannot be installed may still be found in the system. Raises ServiceFailed.
    """
    environment, problem = None, None
    if service.packages:
        own = Environments(account.cache(environments.cache))
        try:
            environment = own.prepare(service.packages, locks)
        except (StackFailed, OSError) as error:
            problem = error
    folders = _folders(environment)
    home = _home(service, folders) if service.programs else None
    if home is None and (service.programs or problem):
        raise _not_found(service, problem)
    here = {"timetrial": sys.executable, "home": str(home or ""), "here": str(service.folder)}
    return Installed({**folders, **here})


def _folders(environment: Environment | None) -> dict[str, str]:
    if environment is None:
        return {"bin": "", "site": ""}
    (site,) = environment.bin.parent.glob("lib/python*/site-packages")
    return {"bin": str(environment.bin), "site": str(site)}


def _home(service: BackingService, folders: Mapping[str, str]) -> Path | None:
    """Find the first folder that has all programs."""
    for home in _candidates(service.homes, service.programs[0], folders):
        if all(os.access(home / program, os.X_OK) for program in service.programs):
            return home
    return None


def _candidates(homes: Iterable[str], program: str, folders: Mapping[str, str]) -> Iterator[Path]:
    for home in homes:
        wanted = [name for name in folders if f"{{{name}}}" in home]
        if all(folders[name] for name in wanted):
            # The newest version first, where versions differ in the last digits.
            yield from (Path(each) for each in sorted(glob(home.format_map(folders)), reverse=True))  # noqa: PTH207 - the pattern begins at the root
    on_path = shutil.which(program)
    if on_path:
        # By the way of a link one may come to a folder that has the others, too.
        yield from (Path(on_path).parent, Path(on_path).resolve().parent)


def _not_found(service: BackingService, problem: Exception | None) -> ServiceFailed:
    tail = problem.log_tail if isinstance(problem, StackFailed) else ""
    why = problem.reason if isinstance(problem, StackFailed) else problem
    missing = f"{' and '.join(service.programs) or service.title} was not found"
    return ServiceFailed(service.name, f"{missing}: {why}" if why else missing, tail)
