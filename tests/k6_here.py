"""k6 as tests get it: from PATH, or the pinned one in Timetrial's own cache."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from timetrial.drivers.k6 import K6Driver
from timetrial.model.errors import BadInput
from timetrial.stacks.environment import Environments


def k6_or_skip() -> K6Driver:
    cache = os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial")
    try:
        return K6Driver.find(Environments(Path(cache)))
    except BadInput as missing:
        pytest.skip(str(missing))
