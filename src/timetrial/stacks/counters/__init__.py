"""What a server executes: instructions and system calls, by a tool that its processes run under.

A counter changes how a server is started, and reads what all of its processes have executed so
far. What requests cost is in `features.counting`. Start with `counter`.
"""
