"""The backing services of apps: started, awaited, metered and stopped for each run.

Each has a manifest in the catalog. A run's suite or app names the services that it needs; a user's
own URL can replace one. Start with `services`.
"""
