"""The backing systems that apps talk to: started, awaited, watched and stopped for each run."""
