"""Articles from files, tables and web pages: read strictly, normalised once, stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.articles.duplicates import THRESHOLD, link
from curation.articles.notes import NOTES
from curation.articles.options import Options
from curation.articles.reading import read
from curation.articles.rejects import REJECTS

if TYPE_CHECKING:
    from curation.articles.ingestion import ingest
    from curation.articles.tally import IngestResult, Refusal

__all__ = [
    "NOTES",
    "REJECTS",
    "THRESHOLD",
    "IngestResult",
    "Options",
    "Refusal",
    "ingest",
    "link",
    "read",
]


def __getattr__(name: str) -> Any:
    if name == "ingest":
        from curation.articles.ingestion import ingest

        return ingest
    if name in ("IngestResult", "Refusal"):
        from curation.articles import tally

        return getattr(tally, name)
    raise AttributeError(f"module 'curation.articles' has no attribute {name!r}")
