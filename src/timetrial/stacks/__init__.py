"""Stacks as processes: environments, starting, readiness, sampling, stopping."""
