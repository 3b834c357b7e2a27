"""One function a verb: from a frozen record of options to a record of what came of it.

A verb connects project, features and runner, and tells an observer how far it is. It neither prints
nor exits. Start with `race`.
"""
