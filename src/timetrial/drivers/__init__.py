"""Load generators behind one protocol: the native engine, and a scripted one for tests.

wrk and k6 are beside them, as processes. Which driver drives which benchmark is decided in
`runner`; what the figures mean, in `analysis`. Start with `driver`.
"""
