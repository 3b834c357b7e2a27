"""From measurements to figures with intervals, comparisons and ties. Pure functions.

The method, with its sources, is in docs/measuring.md, its proof in docs/method.md; each module
names what it rests on.
Nothing here knows servers, findings or texts. Start with `comparisons`.
"""
