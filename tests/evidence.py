"""What a sentence with figures in it says, without its words."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def numbers_in(sentence: str) -> list[float]:
    """Return the numbers that a sentence names, in its order; '1,010' is one of them."""
    return [float(number.replace(",", "")) for number in _NUMBER.findall(sentence)]
