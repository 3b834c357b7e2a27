"""A race of a user's app: which servers take part, with which settings, and how a race is resumed.

`race_preparation` asks the servers what they answer before anything is measured; `view`, `text`,
`terminal` and `page` show what a race comes to, which is decided in `analysis.recommendation`; all
else is pure. Start with `suite`.
"""
