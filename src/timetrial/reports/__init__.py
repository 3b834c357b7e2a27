"""Reports of a run, for people and for programs: terminal, HTML page, text, JSON and other formats.

A format is imported when it is used: a table in a terminal does not wait for the page. Figures are
computed in `analysis`; what a single feature shows is in its slice. Start with
`table_view`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
