"""The codebook as Label Studio shows it."""

from __future__ import annotations


def codebook_html(markdown: str) -> str:
    """The codebook as the HTML that Label Studio shows; HTML inside the Markdown is shown as text."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))
