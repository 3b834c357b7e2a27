"""A race of a user's app: which servers take part, with which settings, and how a race is resumed.

`race_preparation` asks the servers what they answer before anything is measured; all else is pure.
What a race comes to is decided in `analysis.recommendation`. Start with `suite`.
"""
