"""Any Label Studio export as tables: the one step that needs no workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.records import Finding, Progress

if TYPE_CHECKING:
    from curation.studio.conversion.outcome import ConversionReport


def convert(
    export: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    interface: str | os.PathLike[str] | None = None,
    fix_offsets: bool = False,
    progress: Progress | None = None,
) -> ConversionReport:
    """Convert a Label Studio JSON export of any text project into Parquet tables in the folder `out`.

    `interface` is the file with the project's labeling interface; without it labels and controls are told from the
    data. `fix_offsets` converts offsets that count another unit than code points, if the stored texts leave no doubt.
    `progress` is told bytes of the export. The tables are loaded with `datasets.load_dataset(out, "mentions")`.

    Whatever is wrong in the export becomes a finding (see `findings_of`), and everything else is converted. Raises
    `E_NOT_FOUND`, `E_BAD_EXPORT` for what is no JSON, `E_DEFINITION` for a broken interface, `E_EXISTS` if `out` holds
    something else, `E_LOCKED`, `E_DISK`.
    """
    from curation.studio.conversion.convert import convert as run

    screen = None if interface is None else Path(interface)
    return run(Path(export), Path(out), interface=screen, fix_offsets=fix_offsets, progress=progress)


def findings_of(out: str | os.PathLike[str]) -> Iterator[Finding]:
    """The findings of the conversion in `out`, in order, one at a time. Raises `E_NOT_FOUND` if there is none."""
    import msgspec

    decode = msgspec.json.Decoder(Finding).decode
    path = Path(out) / "findings.jsonl"
    try:
        with path.open("rb") as file:
            yield from map(decode, file)
    except FileNotFoundError:
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="curation convert EXPORT OUT") from None


def require_page(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """See whether a page of the conversion in `out` can be at `path`, which is better known before a long conversion.

    Raises `E_USAGE` where none can be, also inside of `out`, `E_DISK` if there is no folder for it, and `E_EXISTS` if
    another file is there.
    """
    from curation.reports import page_place

    if Path(path).resolve().is_relative_to(Path(out).resolve()):
        problem = f"{path} is inside of {out}, which holds the conversion and nothing else"
        raise CurationError("E_USAGE", problem, fix="name a file in another folder")
    page_place(Path(path))


def write_report(
    out: str | os.PathLike[str], path: str | os.PathLike[str], *, title: str | None = None, summary: str = ""
) -> None:
    """Write the findings of the conversion in `out` as one HTML page at `path`, with the marked text around each.

    It holds stretches of the texts. The page appears whole or not at all. Raises `E_NOT_FOUND` if there is no
    conversion, and what `require_page` raises.
    """
    from curation.studio.conversion.shown import write_report as write

    require_page(path, out)
    folder = Path(out)
    named = title or f"Findings of the conversion in {folder.name}"
    write(folder, Path(path), lambda: findings_of(folder), title=named, summary=summary)
