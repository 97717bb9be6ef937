"""Copies of a text, the same or nearly so: found, confirmed, and linked in clusters."""

from __future__ import annotations

from curation.articles.duplicates.linking import THRESHOLD, Duplicate, Example, Linked, link, require_threshold

__all__ = ["THRESHOLD", "Duplicate", "Example", "Linked", "link", "require_threshold"]
