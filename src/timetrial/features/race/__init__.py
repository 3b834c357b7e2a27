"""A race of a user's app: which servers take part, with which settings, and how a race is resumed.

`race_preparation` starts the servers and checks their answers before anything is measured; `view`,
`text` and `terminal` show the result, which is decided in `analysis.recommendation`; all else is
pure. Start with `suite`.
"""
