"""How many connections one process may have, when all of them together have a fixed number.

So every server has as many, whatever its number of processes; servers say theirs in
WEB_CONCURRENCY.
"""

import os


def share_of(connections):
    return max(1, connections // int(os.environ.get("WEB_CONCURRENCY", "1")))
