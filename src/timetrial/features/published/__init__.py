"""Figures that others published: rows, caveats on them, and a run of ours for comparison.

`loader` reads the data, which are in catalog/published/ with what a row stands for. All but it is
pure; `terminal`, `page` and `table` show the result. Start with `comparison`.
"""
