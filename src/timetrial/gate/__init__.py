"""Whether what is new is worse than what was, by more than a limit. Pure."""
