"""What is requested of an app: the requests, how often each, and what all servers answer.

What is sent comes from paths, files, scenarios or access logs; `mix` is all of it. The servers are
asked in `runner`. Start with `mix`.
"""
