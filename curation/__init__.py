"""Turn news articles into a published stance dataset.

    >>> import curation
    >>> workspace = curation.open("my-study")
    >>> workspace.ingest(["articles/"])
    >>> workspace.select(curation.Request(size=500, by=("outlet",), filters=curation.Filters(since="2020")))

`open` finds or takes a workspace; its methods are what the command `curation` runs. `Options` say how articles are
read, `Fetcher` gets pages for them, `Brat` says what becomes of brat's annotations; `Request` and `Filters` say what is
selected. `convert` makes tables of any Label Studio export, without a workspace. What fails as foreseen raises
`CurationError`, whose code `curation explain` explains.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curation.articles.fetching import Fetcher
    from curation.articles.options import Options
    from curation.articles.selection.filters import Filters
    from curation.articles.selection.request import Request
    from curation.converting import convert
    from curation.errors import CurationError
    from curation.workspace import Workspace, init, open
    from curation.workspace.brat import Brat

__version__ = "0.1.0"
__all__ = [
    "Brat", "CurationError", "Fetcher", "Filters", "Options", "Request", "Workspace", "__version__", "convert", "init",
    "open",
]  # fmt: skip

# Imported where they are asked for: the command line starts with none of them.
_ROOMS = {
    "Brat": "workspace.brat",
    "CurationError": "errors",
    "Fetcher": "articles.fetching",
    "Filters": "articles.selection.filters",
    "Options": "articles.options",
    "Request": "articles.selection.request",
    "Workspace": "workspace",
    "convert": "converting",
    "init": "workspace",
    "open": "workspace",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"curation.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'curation' has no attribute {name!r}")
