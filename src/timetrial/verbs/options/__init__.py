"""What verbs take: one frozen record a verb, from which its command line is derived.

A record is checked when it is built. What its text on a command line looks like is `cli`'s own.
Start with `options`.
"""
