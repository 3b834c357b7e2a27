"""The highest arrival rate that keeps an objective: what to try next, and what follows from it.

`slo` reads an objective, `judge` says whether a trial kept it. `posterior` is what trials say of
the pass curve, `placement` where the next one tells most, `stopping` when that is enough; `search`
puts them together within a `plan`. `pass_curve` is the safeguard that assumes no shape, `curve`
adds up response times by rate and finds their knee, `capacity` is the answer: all pure. `measure`
takes the trials, `terminal` and `page` show the result. Start with `measure`.
"""
