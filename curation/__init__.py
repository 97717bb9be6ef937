"""Turn news articles into a published stance dataset.

    >>> import curation
    >>> workspace = curation.open("my-study")
    >>> workspace.ingest(["articles/"])

`open` finds or takes a workspace; its methods are what the command `curation` runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curation.workspace import Workspace, init, open

__version__ = "0.1.0"
__all__ = ["Workspace", "__version__", "init", "open"]


def __getattr__(name: str) -> Any:
    if name in ("Workspace", "init", "open"):
        from curation import workspace

        return getattr(workspace, name)
    raise AttributeError(f"module 'curation' has no attribute {name!r}")
