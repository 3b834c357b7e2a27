"""The same stack in several versions, side by side in one run.

Versions are those of a package, of Python or of the app (commits). Nothing is measured here; a gate
on two commits is in `features/gate`. Start with `variants`.
"""
