from .html import as_html, write_report
from .json import as_json, comparison_as_json
from .summary_text import paragraph
from .terminal import render

__all__ = ["as_html", "as_json", "comparison_as_json", "paragraph", "render", "write_report"]
