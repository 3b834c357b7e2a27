"""The highest arrival rate that keeps an objective: what to try next, and what follows from it.

All of it is pure: `slo.py` reads an objective, `judge.py` says whether a trial kept it, `search.py`
chooses rates, `pass_curve.py` finds the answer with its interval, `curve.py` adds up response times
by rate and finds their knee, `capacity.py` is the answer.
"""
