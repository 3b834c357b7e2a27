"""What the command line says of an app of the user's that cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

from command_line import timetrial, within

DOCS = Path(__file__).parents[2] / "docs" / "your-app.md"
SHOP = 'import os\n\nURL = os.environ["SHOP_URL"]\n'


def test_an_app_that_does_not_import_is_shown_by_its_own_lines_as_documented(
    tmp_path: Path,
) -> None:
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    shown = re.search(r"\$ timetrial race shop:app\n(?P<said>.*?)```", DOCS.read_text(), re.DOTALL)
    assert shown is not None
    ended = within("race", "shop:app", folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == shown["said"]


def test_secrets_of_an_env_file_are_not_said_again(tmp_path: Path) -> None:
    code = "import os\nraise ValueError(os.environ['SHOP_TOKEN'])\n"
    (tmp_path / "shop.py").write_text(code, encoding="utf-8")
    (tmp_path / "shop.env").write_text("SHOP_TOKEN=t0ps3cret\n", encoding="utf-8")
    ended = timetrial("race", "shop:app", "--env-file", "shop.env", folder=tmp_path)
    assert ended.returncode == 2
    assert "ValueError: *** (shop.py," in ended.stderr
    assert "t0ps3cret" not in ended.stderr
