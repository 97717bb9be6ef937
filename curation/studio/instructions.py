"""The codebook as Label Studio shows it."""

from __future__ import annotations

from functools import lru_cache


# Every push and pull compares the versions of a codebook with what the server shows; 20 kB are rendered in 20 ms.
@lru_cache(maxsize=32)
def codebook_html(markdown: str) -> str:
    """The codebook as the HTML that Label Studio shows; HTML inside the Markdown is shown as text."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))
