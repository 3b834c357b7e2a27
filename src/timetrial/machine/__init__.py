"""The machine seen from outside: its CPUs, clocks, control groups, ports and processes.

Stacks are started in `stacks`, and a machine is judged in `analysis`. `supervisor` is a separate
program that controls one process tree. Start with `placement`.
"""
