"""How stacks start, rest, stop, reload and lose a worker: experiments that follow a run.

`schedule`, `interference`, `stack_summary` and `judge` are pure; `run_all` and `experiments` start
stacks and load them; `view`, `terminal` and `page` show what came of it. Start with `after_run`.
"""
