"""What stands on a terminal while a run goes on, and afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pyte
import pytest
from progress_events import NEVER_STARTS, events
from rich.console import Console
from rich.text import Text

from timetrial.cli.progress.display import MOST_DRAWINGS_PER_S, Display
from timetrial.cli.progress.observer import RunProgress
from timetrial.cli.progress.steps import steps

PROMPT = "$ timetrial run"


@pytest.fixture(autouse=True)
def _on_a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


class Terminal:
    """A terminal on which a command was typed."""

    def __init__(self, width: int = 80, height: int = 24) -> None:
        self.writes = 0
        self.console = Console(file=self, force_terminal=True)  # type: ignore[arg-type]  # all that it calls is here
        self._be(width, height, f"{PROMPT}\n")

    def _be(self, width: int, height: int, text: str) -> None:
        self.console.size = (width, height)
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self.write(text)

    def write(self, text: str) -> int:
        self.writes += 1
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """Return what stands there, up to the cursor's line."""
        return [line.rstrip() for line in self._screen.display[: self._screen.cursor.y + 1]]

    @property
    def is_as_before(self) -> bool:
        """Whether the cursor is shown, where a prompt comes next."""
        cursor = self._screen.cursor
        return not cursor.hidden and cursor.x == 0

    def become_narrower(self, width: int) -> None:
        """Wrap what stands there, as most terminals do."""
        self._be(width, self._screen.lines, "\n".join(self.lines()))


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def texts(*lines: str) -> Callable[[], Sequence[Text]]:
    return lambda: [Text(line) for line in lines]


def test_lines_are_drawn_in_place_and_others_go_above_and_stay() -> None:
    terminal = Terminal()
    with Display(terminal.console) as display:
        display.draw(texts("round 1", "uvicorn 900"))
        assert terminal.lines() == [PROMPT, "round 1", "uvicorn 900", ""]
        display.say(Text("waitress has failed"))
        display.draw(texts("round 2"))
        assert terminal.lines() == [PROMPT, "waitress has failed", "round 2", ""]
        display.draw(texts("round 3", "uvicorn 900", "waitress 800"))
        assert terminal.lines()[-4:] == ["round 3", "uvicorn 900", "waitress 800", ""]
        assert terminal.is_as_before, "also where the program is killed"
    assert terminal.lines() == [PROMPT, "waitress has failed", ""]
    assert terminal.is_as_before


def test_an_interruption_leaves_the_terminal_as_it_was() -> None:
    terminal = Terminal()

    def interrupted() -> None:
        with Display(terminal.console) as display:
            display.draw(texts("round 1"))
            terminal.write("^C^C")  # as the terminal itself shows it
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.lines() == [PROMPT, ""]
    assert terminal.is_as_before


def test_no_more_is_drawn_than_eyes_can_follow_and_what_is_left_out_comes_with_the_next() -> None:
    terminal, clock = Terminal(), Clock()
    with Display(terminal.console, clock) as display:
        for number in range(100):
            display.draw(texts(f"window {number}"))
        assert terminal.lines()[-2] == f"window {MOST_DRAWINGS_PER_S - 1}"
        before = terminal.writes
        clock.s += 0.9
        display.draw(texts("too early"))
        assert terminal.writes == before
        clock.s += 0.1
        display.draw(texts("window 100"))
        assert terminal.lines()[-2] == "window 100"


def test_no_thread_draws_while_a_window_is_open() -> None:
    terminal, before = Terminal(), threading.enumerate()
    with RunProgress(terminal.console) as progress:
        for event in events()[:40]:
            progress(event)
        assert threading.enumerate() == before


def test_a_terminal_that_becomes_narrower_keeps_nothing_of_what_wrapped() -> None:
    terminal = Terminal(80)
    with Display(terminal.console) as display:
        display.draw(texts("x" * 70, "y" * 30, "z" * 10))
        terminal.become_narrower(25)
        assert len(terminal.lines()) == 1 + 3 + 2 + 1 + 1
        display.draw(texts("narrow"))
        assert terminal.lines() == [PROMPT, "narrow", ""]
    assert terminal.lines() == [PROMPT, ""]
    assert terminal.is_as_before


def test_a_whole_run_leaves_its_faults_and_nothing_else() -> None:
    terminal = Terminal(100, 40)
    with RunProgress(terminal.console) as progress:
        for event in events():
            progress(event)
    fault = f"{NEVER_STARTS}, round 1, start: it exited with code 1"
    assert terminal.lines() == [PROMPT, fault, ""]
    assert terminal.is_as_before


def test_steps_are_shown_as_long_as_they_take() -> None:
    terminal = Terminal()
    with steps(terminal.console) as tell:
        tell("reading run 1")
        tell("reading run 2")
        assert terminal.lines() == [PROMPT, "reading run 2", ""]
    assert terminal.lines() == [PROMPT, ""]
