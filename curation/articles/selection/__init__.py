"""Which articles go to annotators, and to how many of them.

Filters say which articles come into question; copies fall away, but where the article that they copy was filtered out,
the first copy stands in for it; a stratified sample is drawn of the rest; and a plan says who annotates what.
`filters`, `sampling` and `overlap` take plain values and know of no store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.articles.selection.filters import Filters
from curation.articles.selection.overlap import Assigned, Plan
from curation.articles.selection.sampling import allocate, rank, stratum

if TYPE_CHECKING:
    from curation.articles.selection.request import Request, SelectResult
    from curation.articles.selection.selecting import select

__all__ = ["Assigned", "Filters", "Plan", "Request", "SelectResult", "allocate", "rank", "select", "stratum"]


def __getattr__(name: str) -> Any:
    if name in ("Request", "SelectResult"):
        from curation.articles.selection import request

        return getattr(request, name)
    if name == "select":
        from curation.articles.selection.selecting import select

        return select
    raise AttributeError(f"module 'curation.articles.selection' has no attribute {name!r}")
