"""A local page over the store: runs, their reports, two of them compared, histories. Read-only.

Pages are those of `reports`; nothing is measured from here, and nothing in the store is changed.
Start with `app`.
"""
