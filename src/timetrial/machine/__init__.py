"""The machine seen from outside: its CPUs, clocks, control groups, ports and processes.

It knows neither servers nor runs: stacks are started in `stacks`, a machine is judged in
`analysis`. `supervisor` is a program of its own that keeps one process tree. Start with
`placement`.
"""
