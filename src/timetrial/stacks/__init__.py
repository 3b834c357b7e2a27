"""Servers as processes: environments, start, readiness, effective configuration, CPU and memory.

`services/` has the backing services of apps, `fingerprint/` observes how a running server is
configured. The order of measurements is decided in `runner`. Start with `process`.
"""
