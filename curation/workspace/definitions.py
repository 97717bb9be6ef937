"""Whether a workspace's own copy of the definitions is that of this version."""

from __future__ import annotations

from pathlib import Path

from curation.catalog import Root, Schemas, builtin_root
from curation.errors import CurationError


def other_schemas(root: Root) -> tuple[str, ...]:
    """The schemas of a workspace that differ from this version's, or that it lacks, by name.

    They were copied when the workspace was made: by an earlier version, or somebody has edited them since.
    """
    own, ours = Schemas(root.folder("schemas")), Schemas(shipped_schemas())
    return tuple(name for name in ours.names if name not in own.names or _document(own, name) != ours.document(name))


def shipped_schemas() -> Path:
    """The folder of the schemas that this version brings."""
    return builtin_root() / "schemas"


def _document(schemas: Schemas, name: str) -> object:
    try:
        return schemas.document(name)
    except CurationError:
        return None
