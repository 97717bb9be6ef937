"""What findings look like: lines for a terminal, and pages that stand by themselves."""

from __future__ import annotations

from curation.reports.digest import Digest, Tally, digest
from curation.reports.excerpts import Mark, Marked
from curation.reports.frame import framed, page_place, write_framed
from curation.reports.listing import Listing
from curation.reports.page import write_html
from curation.reports.selection import Selection

__all__ = [
    "Digest",
    "Listing",
    "Mark",
    "Marked",
    "Selection",
    "Tally",
    "digest",
    "framed",
    "page_place",
    "write_framed",
    "write_html",
]
