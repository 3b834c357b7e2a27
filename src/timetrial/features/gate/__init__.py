"""Whether what is new is worse than what was, by more than a limit.

`judge` and its records are pure; `terminal`, `json`, `junit` and `github` show what was judged. The
races that it judges are run elsewhere. Start with `judgement`.
"""
