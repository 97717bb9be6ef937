"""What findings look like: lines for a terminal, and a page that stands by itself."""

from __future__ import annotations

from curation.reports.digest import Digest, Tally, digest
from curation.reports.excerpts import Mark, Marked
from curation.reports.listing import Listing
from curation.reports.page import page_place, write_html
from curation.reports.selection import Selection
from curation.reports.wording import visible

__all__ = [
    "Digest",
    "Listing",
    "Mark",
    "Marked",
    "Selection",
    "Tally",
    "digest",
    "page_place",
    "visible",
    "write_html",
]
