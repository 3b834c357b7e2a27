"""Load generators behind one protocol: the native engine, wrk, k6, and a scripted one for tests.

wrk and k6 run as processes. The driver of a benchmark is chosen in `runner`, and figures are judged
in `analysis`. Start with `driver`.
"""
