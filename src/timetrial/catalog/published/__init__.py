"""Published figures as data: NAME.json has what was printed, NAME.toml what it stands for."""

from timetrial.catalog.published.loader import FOLDER, find_collection, read_collection, suites

__all__ = ["FOLDER", "find_collection", "read_collection", "suites"]
