"""A user's own app: found, imported once, and served without being changed.

`requests/` has the requests and the comparison of responses, `versions/` has one app in several
versions. Servers are started in `stacks`. Start with `resolve`.
"""
