"""The backing systems that apps talk to: started, awaited, watched and stopped for each run.

Each is a manifest of the catalog. Which of them a run needs is said by its suite or its app, and
URLs of the user's own take their place. Start with `services`.
"""
