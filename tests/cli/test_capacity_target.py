"""What `timetrial capacity` aims at, and what it says beforehand."""

from __future__ import annotations

from pathlib import Path

from command_line import write

from timetrial.cli.capacity_target import Means, url_target
from timetrial.drivers.driver import Setting
from timetrial.drivers.native import NativeDriver
from timetrial.stacks.placement import Placement

MEANS = Means(Setting(4, (), 2.0), NativeDriver(), Placement((0,), (1,)))
SCENARIO = """
[[steps]]
path = "/items"
think_ms = 800

[[steps]]
path = "/items/7"
"""


def test_think_times_of_a_scenario_are_said_to_be_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"shop.toml": SCENARIO})
    aim = url_target(
        MEANS, app="http://127.0.0.1:8000", authorities=None, insecure=False, allow_remote=(),
        paths=(), requests_file=None, scenario_file=tmp_path / "shop.toml", access_log=None,
    )  # fmt: skip
    with aim as aimed:
        assert any("Think times of the scenario are left out (0.8 s" in n for n in aimed.notes)
