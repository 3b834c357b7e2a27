"""From measurements to conclusions. Pure functions: no clock, no file, no process.

Figures with intervals and comparisons are in `statistics/`, doubts about what was measured in
`checks/`, what is made of a whole run beside them; sentences for people are made in `reports`.
Start with `summarize`.
"""
