"""What the features add to the reports of a run."""

from timetrial.features.lifecycle.page import lifecycle_section
from timetrial.features.lifecycle.view import lives_of
from timetrial.features.race.page import race_section
from timetrial.reports.additions import Additions

ADDITIONS = Additions(
    sections={"race": race_section, "lifecycle": lifecycle_section}, lives=lives_of
)
