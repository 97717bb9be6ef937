"""`curation export verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, in_workspace, progress
from curation.cli.export.naming import dataset_at
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.export.verifying import DeepResult


def register(export: click.Group) -> None:
    """Add `verify`."""

    @command(export, "verify")
    @click.argument("dataset")
    @click.option("--deep", is_flag=True, help="Read all of it, and hold what it says of itself against its rows.")
    @in_workspace
    def verify(dataset: str, deep: bool, workspace: Path | None) -> Exit:
        """Find any byte of a dataset that is changed, missing or extra.

        DATASET is the name of an export, NAME@VERSION of a release, or a folder: one that was downloaded, or one that
        `curation convert` made. Each file is held against the manifest, by size and SHA-256.

        With --deep every page is read with its checksum, and what can be counted in the rows is held against them: the
        card's YAML and checksums, Croissant's files, columns and classes, the counts of the manifest. Every offset must
        lie in its text and have there what is stored, every text must have its hash, no article may be in two splits,
        and annotations, mentions and annotators that rows name must be there. Agreement, similarity and the sentences
        of the card are not measured again. Of what `curation export write` made in another format than Parquet the
        bytes alone are checked.

        \b
        Example:
          curation export verify news-stance
          curation export verify downloads/news-stance --deep

        Exit status 6 if anything is wrong.
        """
        from curation.workspace.releases import verify_dataset

        folder = dataset_at(dataset, workspace)
        with progress("Verifying") as bar:
            found = verify_dataset(folder, deep=deep, progress=bar)
        emit({"ok": found.ok, **_plain(found)}, _lines(found, deep=deep))
        return Exit.OK if found.ok else Exit.INTEGRITY


def _plain(found: DeepResult) -> dict[str, object]:
    files = found.files
    return {
        "name": files.name,
        "path": files.path,
        "files": files.files,
        "changed": files.changed,
        "missing": files.missing,
        "extra": files.extra,
        "faults": found.faults,
        "rows": found.rows,
        "written_as": found.written_as,
    }


def _lines(found: DeepResult, *, deep: bool) -> Iterator[str]:
    from curation.text import visible

    files = found.files
    for what in ("changed", "missing", "extra"):
        yield from (f"{what:<8} {visible(path)}" for path in getattr(files, what))
    yield from (f"{'wrong':<8} {visible(one.place)}: {visible(one.problem)}" for one in found.faults)
    if deep and found.rows is None:
        yield (
            f"Bytes alone were checked: rows written as {found.written_as} are not read back."
            if found.written_as
            else "The rows were not looked at: first the files have to be those of the manifest."
        )
    read = "" if found.rows is None else f", {counted(found.rows, 'row')} read"
    if found.ok:
        yield f"{counted(files.files, 'file')}{read}: all as it was built"
    else:
        number = len(files.changed) + len(files.missing) + len(files.extra) + len(found.faults)
        yield f"{counted(number, 'fault')} in {files.path}"
