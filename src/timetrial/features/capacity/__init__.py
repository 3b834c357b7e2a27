"""The highest arrival rate that keeps an objective: what to try next, and what follows from it.

`slo` reads an objective, `judge` says whether a trial kept it, `search` chooses rates, `pass_curve`
finds the answer with its interval, `curve` adds up response times by rate and finds their knee,
`capacity` is the answer: all pure. `measure` takes the trials, `terminal` and `page` show the
result. Start with `measure`.
"""
