"""Characters that an encoding lacks, in others of the same width: columns stay what they are."""

from __future__ import annotations

from functools import lru_cache

_PAIRS = {"≥ ": ">=", "≤ ": "<="}
_OTHERS = str.maketrans(
    {
        **dict.fromkeys("–—−─", "-"),
        **dict.fromkeys("·│▕", "|"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("▌▋▊▉█▇", "#"),
        **dict.fromkeys("▏▎▍", "."),
        **dict.fromkeys("▲↑", "^"),
        **dict.fromkeys("▼↓", "v"),
        **dict.fromkeys("→▸", ">"),
        **dict.fromkeys("×✗", "x"),
        **dict(zip("▁▂▃▄▅▆", "_.-=+*", strict=True)),
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0abcdefghi", strict=True)),
        "≥": ">", "≤": "<", "÷": "/", "±": "~", "µ": "u", "μ": "u", "…": ".", "˒": ",",
        "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    }
)  # fmt: skip
"""Marks of notes become letters: a digit in front of a figure would be part of it."""


@lru_cache(maxsize=1_000)
def in_encoding(text: str, encoding: str) -> str:
    """Replace what an encoding lacks, as far as there is a character for it."""
    if _has(encoding, text):
        return text
    for pair, other in _PAIRS.items():
        if not _has(encoding, pair):
            text = text.replace(pair, other)
    return "".join(
        character if _has(encoding, character) else character.translate(_OTHERS)
        for character in text
    )


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    except LookupError:
        return True
    return True
