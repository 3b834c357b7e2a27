"""What a stack really is when it runs: a start of its own that is asked and looked at.

It sees workers, event loop, parser and sockets, and compares them with what was asked for. What a
difference means is decided in `analysis`. Start with `look`.
"""
