"""Articles from files, tables and web pages: read strictly, normalised once, stored once."""

from __future__ import annotations

from curation.articles.columns import FIELDS
from curation.articles.ingestion import IngestResult, Refusal, ingest
from curation.articles.reading import read
from curation.articles.rejects import REJECTS, RejectKind
from curation.articles.sources import KINDS

__all__ = ["FIELDS", "KINDS", "REJECTS", "IngestResult", "Refusal", "RejectKind", "ingest", "read"]
