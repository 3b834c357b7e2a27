"""Wraps an app inside a server as `timetrial_inside` does: its path tells what Python executes.

It is on the module path of a start that is not measured. `?begin` begins to count the bytecodes of
each function, in all threads that Python has started; `?end` answers with the counts, as JSON:
[[file, function, first line, bytecodes], …].
"""

from __future__ import annotations

import json
import sys
import threading

# Before the app: threads that are started while it is imported are traced, too.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_counts: dict[CodeType, int] = {}
_state = {"is_on": False}


def _on_call(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401 - as sys.settrace has it
    del event, argument
    if not _state["is_on"]:
        return None
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    return _on_opcode


def _on_opcode(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401 - likewise
    del argument
    if event == "opcode" and _state["is_on"]:
        _counts[frame.f_code] = _counts.get(frame.f_code, 0) + 1
    return _on_opcode


sys.settrace(_on_call)
threading.settrace(_on_call)

import timetrial_inside  # noqa: E402 - see above


def answer(query: str, request: dict[str, Any]) -> bytes:
    del request
    if query == "begin":
        _counts.clear()
        _state["is_on"] = True
        return b"{}"
    _state["is_on"] = False
    return json.dumps(
        [
            [code.co_filename, getattr(code, "co_qualname", code.co_name), code.co_firstlineno, n]
            for code, n in list(_counts.items())
        ]
    ).encode()


timetrial_inside.answer = answer
app = timetrial_inside.app
