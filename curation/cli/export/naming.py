"""How commands are told of a built dataset: by the name of its export, or by its folder wherever that is."""

from __future__ import annotations

import os
from pathlib import Path

from curation.cli.console import open_workspace
from curation.folders.manifest import MANIFEST


def dataset_at(name: str, workspace: Path | None) -> Path:
    """The folder of a dataset. A folder needs no workspace; a name is of one that the workspace has built."""
    folder = Path(name)
    if os.sep in name or (folder / MANIFEST).is_file():
        return folder
    return open_workspace(workspace).path / "build" / name
