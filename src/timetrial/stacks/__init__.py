"""Servers as processes: environments, starting, readiness, what they really are, their costs.

`services/` are the backing systems of apps, `fingerprint/` sees how a running server is set.
Which stacks are measured when is `runner`'s own. Start with `process`.
"""
