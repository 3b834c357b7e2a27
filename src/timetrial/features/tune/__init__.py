"""Finding the settings of one server: what to try, what to drop, what to recommend.

`search` measures a pilot, rungs, finals and curves by runs that are kept in the store. The pure
modules beside it decide; `terminal` and `text` show the result. Start with `search`.
"""
