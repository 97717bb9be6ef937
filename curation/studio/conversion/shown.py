"""What a page of a conversion's findings shows: the texts and marks around the first findings of each code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.records import Finding
from curation.reports import Mark, Marked, digest, write_html

SHOWN = 100
"""How many findings of one code are shown: their texts are held at once."""

_ROWS = 1024


def write_report(out: Path, path: Path, findings: Callable[[], Iterable[Finding]], *, title: str, summary: str) -> None:
    """Write the findings of the conversion in the folder `out` as one HTML page.

    `findings` gives them from the first one on, whenever it is called. The texts and marks come from the tables, so
    that offsets are those that the tables have.
    """
    kept = digest(findings(), lambda found: (found.article_id, found.annotation), limit=SHOWN)
    places = {place for tally in kept.tallies for place in tally.shown}
    items, annotations = (_numbers(place[side] for place in places) for side in (0, 1))
    texts = {str(row["item_id"]): row["text"] for row in _rows(out, "items", "item_id", items, "text")}
    marked = _marked(out, annotations)
    write_html(
        path,
        findings(),
        texts.get,
        marked.get,
        title=title,
        summary=summary,
        more=f"All are in {out / 'findings.jsonl'}.",
        limit=SHOWN,
    )


def _marked(out: Path, annotations: Iterable[int]) -> dict[str, Marked]:
    """What each of the annotations marks, by its id; the order of rows is that of the export."""
    wanted = list(annotations)
    marks: dict[str, list[Mark]] = {}
    arrows: dict[str, list[tuple[str, str, str | None]]] = {}
    for row in _rows(out, "mentions", "annotation_id", wanted, "mention_id", "labels", "start", "end"):
        if row["start"] is not None and row["end"] is not None:
            label = ", ".join(row["labels"] or ())
            mark = Mark(row["mention_id"] or "", label, row["start"], row["end"])
            marks.setdefault(str(row["annotation_id"]), []).append(mark)
    for row in _rows(out, "relations", "annotation_id", wanted, "from_id", "to_id", "label"):
        arrow = (row["from_id"], row["to_id"], row["label"])
        arrows.setdefault(str(row["annotation_id"]), []).append(arrow)
    return {name: Marked(tuple(marks.get(name, ())), tuple(arrows.get(name, ()))) for name in {*marks, *arrows}}


def _rows(out: Path, table: str, key: str, wanted: Iterable[int], *columns: str) -> Iterator[dict[str, Any]]:
    """The rows of a table whose key is wanted; a table without rows has no file."""
    values = pa.array(sorted(wanted), pa.int64())
    for file in sorted((out / "data" / table).glob("train-*.parquet")):
        with pq.ParquetFile(file) as rows:
            for batch in rows.iter_batches(_ROWS, columns=[key, *columns]):
                yield from batch.filter(pc.is_in(batch[key], value_set=values)).to_pylist()


def _numbers(names: Iterable[str | None]) -> set[int]:
    """The ids among names; what was not numbered in the export has no row to be found."""
    return {int(name) for name in names if name is not None and name.removeprefix("-").isdecimal()}
