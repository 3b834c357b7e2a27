"""Whether the new figures are worse than the old ones, by more than a limit.

`judge` and its records are pure; `terminal`, `json`, `junit` and `github` show the judgements. The
races that a gate judges are run elsewhere. Start with `judgement`.
"""
