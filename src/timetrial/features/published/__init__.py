"""Figures that others published: rows, what is to be doubted of them, and a run beside them.

`loader` reads the data, which are in catalog/published/ with what a row stands for; all but it is
pure, `terminal`, `page` and `table` show what came of it. Start with `comparison`.
"""
