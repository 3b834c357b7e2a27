"""Being here puts this folder on the path, so that all tests can import `runs`."""

from hypothesis import settings

# A busy machine is no failure: how long an example takes is never what a test is about.
settings.register_profile("timetrial", deadline=None)
settings.load_profile("timetrial")
