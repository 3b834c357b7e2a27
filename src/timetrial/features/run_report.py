"""What the features add to the reports of a run."""

from __future__ import annotations

from timetrial.features.lifecycle.page import lifecycle_section
from timetrial.features.lifecycle.view import lives_of
from timetrial.reports.additions import Additions

ADDITIONS = Additions(sections={"lifecycle": lifecycle_section}, lives=lives_of)
