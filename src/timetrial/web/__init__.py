"""A local page over the store: runs, their reports, two of them compared, histories. Read-only."""
