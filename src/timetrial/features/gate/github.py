"""A gate's judgements as GitHub shows them: annotations of a job, and Markdown for its summary.

How commands of a workflow are written and escaped:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from timetrial.features.gate.judgement import Gate, Judgement
from timetrial.features.gate.text import (
    call_text,
    explained,
    figure_name,
    headline,
    judgement_text,
    limits,
    reservations,
    title,
)
from timetrial.model import GATED
from timetrial.model.summary import Missing
from timetrial.reports.figures import NONE
from timetrial.reports.ratios import change

MOST_SHOWN = 10
"""Annotations of one kind that GitHub shows of a step; the others it drops in silence."""
COMMENT_MARK = "<!-- timetrial gate -->"
_MARKUP = re.compile(r"([\\`*_\[\]|~#])")


def commands(gate: Gate) -> tuple[str, ...]:
    """Write a command for each figure that is not within the limit, errors first."""
    errors = [judgement for judgement in gate.judgements if gate.fails(judgement)]
    warnings = [
        judgement for judgement in gate.of("cannot tell", "no figure") if not gate.fails(judgement)
    ]
    return (*_commands("error", gate, errors), *_commands("warning", gate, warnings))


def markdown(gate: Gate) -> str:
    """Write the summary of a job."""
    lines = [
        f"### {_plain(title(gate))}",
        f"**{_plain(headline(gate))}**",
        "\n".join(_table(gate)),
        *map(_plain, reservations(gate)),
        *map(_plain, gate.remarks),
        f"Within the limit: {_plain(limits(gate))}.",
    ]
    return "\n\n".join(lines) + "\n"


def comment(gate: Gate) -> str:
    """Write a comment on a pull request; its first line is the mark by which it is found again."""
    return f"{COMMENT_MARK}\n{markdown(gate)}"


def _commands(kind: str, gate: Gate, judgements: Sequence[Judgement]) -> list[str]:
    shown = judgements if len(judgements) <= MOST_SHOWN else judgements[: MOST_SHOWN - 1]
    written = [
        _command(
            kind,
            f"{call_text(judgement)}: {figure_name(gate, judgement)}",
            explained(gate, judgement),
        )
        for judgement in shown
    ]
    if len(shown) < len(judgements):
        more = "; ".join(figure_name(gate, judgement) for judgement in judgements[len(shown) :])
        written.append(_command(kind, f"{len(judgements) - len(shown)} more", more))
    return written


def _command(kind: str, head: str, message: str) -> str:
    head = _data(head[:1].upper() + head[1:]).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={head}::{_data(message)}"


def _data(text: str) -> str:
    """Escape characters that would end a command or start an escape."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _table(gate: Gate) -> list[str]:
    rows = [
        "| benchmark | server | figure | change | judgement |",
        "|---|---|---|---:|---|",
    ]
    for judgement in gate.judgements:
        ratio = (
            NONE
            if isinstance(judgement.ratio, Missing)
            else change(judgement.ratio, GATED[judgement.metric].digits)
        )
        said = (
            f"**{call_text(judgement)}**"
            if judgement.call != "within the limit"
            else judgement_text(judgement)
        )
        cells = (
            judgement.cell.benchmark,
            judgement.cell.stack,
            GATED[judgement.metric].label,
            ratio,
        )
        rows.append(f"| {' | '.join(map(_plain, cells))} | {said} |")
    return rows


def _plain(text: str) -> str:
    """Let Markdown show a text as it is, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
