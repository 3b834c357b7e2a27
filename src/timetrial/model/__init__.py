"""The records that pass between packages, and what they are made of. Pure.

One noun, one frozen type, one file: from a `suite` over a `plan` to a `measurement`, a
`run` and its `summary`; units, texts and errors beside them. Nothing here computes statistics,
reads files or starts processes. Start with `run`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
