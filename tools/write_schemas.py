"""Write the JSON Schemas of TOML files into docs/schema, as the program has them."""

from __future__ import annotations

import json
from pathlib import Path

from timetrial.cli.listing_catalog import schemas

FOLDER = Path(__file__).parents[1] / "docs" / "schema"


def main() -> None:
    for form in schemas():
        text = json.dumps(form["schema"], indent=1, ensure_ascii=False)
        (FOLDER / f"{form['name']}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
