"""`curation select --pool`: select from a pool that is too large for a workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curation.cli.console import emit, open_workspace, progress, table
from curation.cli.ingest import ColumnsTeller, pairs
from curation.errors import CurationError, Exit

if TYPE_CHECKING:
    from curation.articles.selection import Request
    from curation.articles.selection.pool import Engine, PoolResult
    from curation.articles.selection.request import Share

_SHOWN = 12


def select_from_pool(
    sources: Sequence[str],
    out: Path | None,
    request: Request,
    *,
    engine: Engine,
    ray: str | None,
    mapping: tuple[str, ...],
    dry_run: bool,
    workspace: Path | None,
) -> Exit:
    """Run the selection and tell what came of it."""
    from curation.articles import Options

    if out is None and not dry_run:
        raise CurationError("E_USAGE", "--pool writes a file", fix="--out selected.jsonl")
    if request.overlap is not None or request.annotators or request.drop_pushed:
        raise CurationError(
            "E_USAGE",
            "who annotates what is planned in the workspace, not in a pool",
            fix="ingest the file that --pool writes, then `curation select --annotators ...`",
        )
    options = Options(field_map=pairs("--map", mapping), on_columns=ColumnsTeller())
    with progress("Selecting from the pool") as bar:
        result = open_workspace(workspace).select_pool(
            sources, out, request=request, options=options, engine=engine, ray=ray, dry_run=dry_run, progress=bar
        )
    emit(result, list(_lines(result, out)))
    return Exit.FINDINGS if result.refused else Exit.OK


def largest(shares: Sequence[Share]) -> list[tuple[str, int, int]]:
    """How many articles of pool and sample have the values that most have, and in one row the others."""
    rows = [(one.value, one.pool, one.sample) for one in shares[:_SHOWN]]
    rest = shares[_SHOWN:]
    if rest:
        rows.append((f"({len(rest)} others)", sum(one.pool for one in rest), sum(one.sample for one in rest)))
    return rows


def _lines(result: PoolResult, out: Path | None) -> Iterator[str]:
    yield f"{result.documents} documents, {result.articles} articles"
    for code, refusals in result.refused.items():
        place, reason = refusals.examples[0]
        yield f"  refused: {refusals.count} [{code}], such as {place}: {reason}"
    if result.repeated:
        yield f"  repeated: {result.repeated} stood there before under the same id"
    yield f"  {result.duplicates} are copies of another one, in {result.clusters} clusters"
    if result.crowded:
        yield f"  {result.crowded} passages stand in too many texts to compare all: copies may have been missed"
    for reason, number in result.left_out.items():
        yield f"  left out, {reason}: {number}"
    yield f"{result.selected} of the {result.pool} that are left are selected"
    for name, shares in result.strata.items():
        yield ""
        yield from table((name, "pool", "sample"), largest(shares), cut=(name,))
    yield ""
    if result.file == "unwritten":
        yield "dry run: nothing written"
    elif result.file == "same":
        yield f"{out} is unchanged: this was selected before. Next: curation ingest {out}"
    else:
        instead = ", in the place of another file" if result.file == "changed" else ""
        yield f"written to {out}{instead}. Next: curation ingest {out}"
