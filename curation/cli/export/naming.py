"""How commands are told of a built dataset: by the name of its export or release, or by its folder wherever that is."""

from __future__ import annotations

import os
from pathlib import Path

from curation.cli.console import open_workspace
from curation.folders.manifest import MANIFEST


def dataset_at(name: str, workspace: Path | None) -> Path:
    """The folder of a dataset, which needs no workspace; of a workspace, `NAME` is built, `NAME@VERSION` released."""
    return Path(name) if is_folder(name) else open_workspace(workspace).dataset(name)


def is_folder(name: str) -> bool:
    """Whether a dataset is named by its folder."""
    return os.sep in name or (Path(name) / MANIFEST).is_file()
