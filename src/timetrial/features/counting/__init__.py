"""Instructions and system calls per request, old against new: figures that noise does not reach.

`figure`, `judge` and `gate` are pure; `start` runs one counted server, `sides` as many of them as a
judgement takes, and `afterwards` one of each stack of a run. How servers are counted is below, in
`stacks.counters`. Start with `sides`.
"""
