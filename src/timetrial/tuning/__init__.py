"""Finding the settings of one server, pure: what to try, what to drop, what to recommend."""
