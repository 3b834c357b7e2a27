"""The requests to an app, their weights, and the responses that all servers agree on.

Requests come from paths, files, scenarios or access logs; a `Mix` holds all of them. Servers are
sampled in `runner`. Start with `mix`.
"""
