"""What a workspace has built, in other formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.export.formats import WriteResult


class WithFormats(Opened):
    """Writing built datasets in other formats."""

    def write(self, name: str, format: str, out: Path | None = None, **options: str) -> WriteResult:
        """Write the dataset `build/NAME` in a format of `curation.export.formats.FORMATS`, into `build/NAME.FORMAT`.

        See `curation.export.formats.write`, which takes any built dataset and needs no workspace.
        """
        from curation.export.formats import named, write_folder

        return write_folder(self.path / "build" / name, named(format), out, options)
