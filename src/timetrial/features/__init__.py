"""What a verb does beyond a run, one vertical slice a feature, above `reports` and `runner`.

A slice has its pure part, its measuring part, and its report part. What several slices need is
below them. Start with `race`.
"""
