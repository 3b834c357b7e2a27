"""How the words of `--versions` are read."""

from __future__ import annotations

from collections.abc import Sequence

import click

_VERSIONS = "--versions"


class VersionedCommand(click.Command):
    """A verb whose `--versions` takes several words: `--versions granian==2.8.5 granian==2.8.7`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args))


def spread(args: Sequence[str]) -> list[str]:
    """Put `--versions` before each further word that is a package in one version."""
    found: list[str] = []
    follows = False
    for index, word in enumerate(args):
        if word == "--":
            return [*found, *args[index:]]
        is_value = index > 0 and args[index - 1] == _VERSIONS
        if follows and not is_value and "==" in word and not word.startswith("-"):
            found.append(_VERSIONS)
        elif not is_value:
            follows = word == _VERSIONS or word.startswith(f"{_VERSIONS}=")
        found.append(word)
    return found
