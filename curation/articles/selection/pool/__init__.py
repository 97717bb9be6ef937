"""Select from a pool of articles that is too large for a workspace, or for a machine.

The pool is read, normalised, freed of copies, filtered and sampled, and what is selected is written to a file that is
then ingested as any other. Two engines select the same articles: `stream` in one process, through a store on disk, and
`daft` on all cores or on a Ray cluster. As in a workspace, copies are found in the whole pool before anything is
filtered.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

from curation.articles.duplicates import THRESHOLD, require_threshold
from curation.articles.formats.columns import checked_map
from curation.articles.formats.encodings import checked_encoding
from curation.articles.options import Options
from curation.articles.selection.pool.files import expand, is_address
from curation.articles.selection.pool.result import PoolResult
from curation.articles.selection.request import Request
from curation.errors import CurationError
from curation.folders.whole import require_replaceable
from curation.records import Progress

__all__ = ["Engine", "PoolResult", "select_pool"]

Engine = Literal["stream", "daft"]


def select_pool(
    sources: str | Path | Sequence[str | Path],
    out: str | Path | None,
    *,
    request: Request | None = None,
    options: Options | None = None,
    threshold: float = THRESHOLD,
    engine: Engine = "stream",
    ray: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PoolResult:
    """Select articles of `sources` as `request` says and write them to `out`, JSON Lines sorted by id.

    Sources are files, folders and patterns with wildcards; with the engine `daft` also addresses in object storage
    (`s3://`, `gs://`, `az://`, `hf://`). Equal input makes equal bytes, whatever the engine. `ray` is the address of a
    Ray cluster that is there (`HOST:PORT`, `ray://HOST:PORT` or `auto`), on whose machines this package is installed
    and the sources can be read. Overlap and annotators in `request` are left to the workspace that ingests the file.
    With `dry_run` all this happens in a temporary folder where `out` would be, by default the current folder, and
    nothing stays of it.

    Raises what `read` does; `E_USAGE` for an address without Daft or of another kind, a threshold that is not from 0.5
    to 1, and a stratum variable that no article has,
    and no `out` that is needed, or one that is a source; `E_EXISTS` if another file than one of articles is there;
    `E_EXTRA_MISSING`; `E_CLUSTER_DOWN` and `E_CLUSTER_FAILED`.
    """
    request = replace(request or Request(), annotators=(), overlap=None, calibration=0, drop_pushed=False)
    options = options or Options()
    options = replace(options, field_map=checked_map(options.field_map))
    checked_encoding(options.encoding)
    require_threshold(threshold)
    if out is None and not dry_run:
        raise CurationError("E_USAGE", "what is selected goes to a file, which was not named", fix="name the file")
    # What is never written needs a name for the folder that it would lie in.
    out = Path(out or "selected.jsonl").absolute()
    if not out.parent.is_dir():
        raise CurationError("E_DISK", f"{out.parent} is no folder")
    require_replaceable(out, b'{"', "a file of articles")
    sources = [sources] if isinstance(sources, str | Path) else sources
    if any(not is_address(str(source)) and Path(source).resolve() == out.resolve() for source in sources):
        raise CurationError("E_USAGE", f"{out} is the pool itself", fix="name another file to write")
    named = expand(sources)
    before = _sha256(out) if out.is_file() else None
    with ExitStack() as stack:
        if dry_run:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=out.parent, prefix=".pool-"))
            out = Path(folder) / out.name
        result = _select(
            named, out, options=options, request=request, threshold=threshold, engine=engine, ray=ray, progress=progress
        )
    if dry_run:
        return replace(result, file="unwritten")
    return replace(result, file="new" if before is None else "same" if before == result.sha256 else "changed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _select(
    named: Sequence[str],
    out: Path,
    *,
    options: Options,
    request: Request,
    threshold: float,
    engine: Engine,
    ray: str | None,
    progress: Progress | None,
) -> PoolResult:
    """Select on the engine that was asked for."""
    if engine == "daft":
        from curation.articles.selection.pool.distributed import select_distributed
        from curation.articles.selection.pool.engine import start

        start(ray)
        return select_distributed(named, out, options=options, request=request, threshold=threshold, progress=progress)
    if ray is not None:
        raise CurationError("E_USAGE", "only Daft runs on Ray", fix="--engine daft --ray ADDRESS")
    stored = next(filter(is_address, named), None)
    if stored is not None:
        raise CurationError("E_USAGE", f"{stored} is in object storage, which only Daft reads", fix="--engine daft")
    from curation.articles.selection.pool.streaming import select_streaming

    return select_streaming(named, out, options=options, request=request, threshold=threshold, progress=progress)
