"""Copies of a text, the same or nearly so: found, confirmed, and linked in clusters."""

from __future__ import annotations

from curation.articles.duplicates.linking import (
    THRESHOLD,
    TOLD,
    Duplicate,
    Example,
    Linked,
    all_linked,
    begin,
    link,
    require_threshold,
    take_up,
)

__all__ = [
    "THRESHOLD",
    "TOLD",
    "Duplicate",
    "Example",
    "Linked",
    "all_linked",
    "begin",
    "link",
    "require_threshold",
    "take_up",
]
