"""How stacks start, rest, stop, reload and lose a worker: experiments that follow a run.

`stack_summary` and `judge` are pure; `run_all` and `experiments` start stacks and load them;
`view`, `terminal` and `page` show the result. Start with `run_all`.
"""
