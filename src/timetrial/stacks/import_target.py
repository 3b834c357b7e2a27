"""Prints one line of JSON with the problem of `module:attribute`; runs in a stack's environment."""

import importlib
import json
import os
import sys
import traceback


def main() -> None:
    sys.stdout.write("\n" + json.dumps({"problem": problem(sys.argv[1])}) + "\n")
    sys.stdout.flush()
    # Threads of the app would keep the interpreter running.
    os._exit(0)


def problem(target: str) -> "str | None":
    module, _, attribute = target.partition(":")
    try:
        found = importlib.import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except BaseException as error:  # noqa: BLE001 - an app may raise anything, SystemExit too
        lines = traceback.format_exception_only(type(error), error)
        return "raises " + " ".join(lines[-1].split())
    if not callable(found):
        return f"is a {type(found).__name__}, which cannot be called"
    return None


if __name__ == "__main__":
    main()
