"""What a stack really is when it runs: a start of its own that is asked and looked at."""
