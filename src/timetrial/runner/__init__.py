"""The effects: from a plan to measurements in the store.

A session opens the store and the services; rounds start stacks, drive the load and store each
trial at once. It draws no conclusions and prints nothing. Start with `session`.
"""
