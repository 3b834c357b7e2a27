"""Finding the settings of one server: what to try, what to drop, what to recommend.

`search` measures a pilot, rungs, finals and curves by runs that are kept in the store; what it
decides by is pure and stands beside it, `terminal` and `text` show what came of it. Start with
`search`.
"""
