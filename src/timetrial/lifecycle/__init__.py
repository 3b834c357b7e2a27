"""How stacks start, rest, stop, reload and lose a worker: what experiments saw of it. Pure."""
