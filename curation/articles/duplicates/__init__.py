"""Copies of a text, the same or nearly so: found, confirmed, and linked in clusters."""

from __future__ import annotations

from curation.articles.duplicates.linking import THRESHOLD, Duplicate, Linked, link

__all__ = ["THRESHOLD", "Duplicate", "Linked", "link"]
