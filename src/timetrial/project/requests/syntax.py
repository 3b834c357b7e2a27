"""The syntax of a request: its method, path and headers."""

from __future__ import annotations

import re

METHOD = re.compile(r"[A-Z]+")
PATH = re.compile(r"/[!-~]*")
HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[^\r\n\0]*)")
NO_METHOD = "is no method; examples are GET and POST"
NO_PATH = "is no path; it begins with a slash and is percent-encoded"


def problem_of_header(name: str) -> str:
    """Say why a header of this name is none; what was meant as its value may be a secret."""
    if HEADER.fullmatch(f"{name}:") is None:
        return "a header reads 'Name: value'; an example is 'Accept: text/html'"
    return f"the value of the header {name} has a line break or a null character"


def a_path(text: str) -> str:
    """Return the text. Raises ValueError if it is no path."""
    if PATH.fullmatch(text) is None:
        raise ValueError(NO_PATH)
    return text


def a_method(text: str) -> str:
    """Return the text. Raises ValueError if it is no method."""
    if METHOD.fullmatch(text) is None:
        raise ValueError(NO_METHOD)
    return text
