"""The effective configuration of a stack, observed in an extra start that is not measured.

It has workers, event loop, parser and sockets, beside the declared configuration. Differences are
judged in `analysis`. Start with `look`.
"""
