"""A user's own app: found, looked into, and laid under servers without being touched.

`requests/` has what is requested of it and what its answers are compared by, `versions/` the same
app in several versions. Servers are started in `stacks`. Start with `resolve`.
"""
