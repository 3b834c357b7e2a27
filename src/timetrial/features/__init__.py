"""What a verb does beyond a run, one vertical slice a feature, above `reports` and `runner`.

A slice has its pure part, what it measures, and what it shows; what several slices need belongs
below them. Start with `race`.
"""
