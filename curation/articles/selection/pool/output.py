"""The file of what was selected of a pool: JSON Lines sorted by id, the same bytes for the same selection."""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from curation.articles.formats.columns import FIELDS
from curation.errors import CurationError
from curation.records import Article

_HELD = 64_000_000


def line(article: Article, article_id: str, *, mended: bool) -> bytes:
    """An article as a line that sorts by id: the id, a tab, and the record that ingest makes the same article of.

    The record has our fields, the columns of `meta` beside them, where the article stood in the pool (`pool_source`)
    and what was doubtful about it there (`pool_notes`). Its text is the one before cleaning, so that ingest records
    what cleaning changed; unless mojibake was `mended`, which nobody could ask for again.
    """
    raw = article.raw
    as_read = raw is not None and raw.media == "text" and not mended
    record = {name: getattr(article, name) for name in FIELDS}
    record |= {"id": article.source_id or article_id, "text": raw.data.decode() if raw and as_read else article.text}
    about = {"pool_source": article.source, **({"pool_notes": dict(article.notes)} if article.notes else {})}
    for name, value in sorted({**article.meta, **about}.items()):
        while name in record:
            name += "_"
        record[name] = value
    return f"{article_id}\t{json.dumps(record, ensure_ascii=False, sort_keys=True)}\n".encode()


def write(lines: Iterable[bytes], path: Path) -> tuple[int, str]:
    """Write the records of `lines` (see `line`) sorted by id; returns how many, and the file's SHA-256.

    Holds 64 MB of them at once; more are sorted on disk. The file appears whole or not at all. Raises `E_DISK`.
    """
    count, digest = 0, hashlib.sha256()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pool-") as folder, ExitStack() as stack:
            runs = [stack.enter_context(run.open("rb")) for run in _sorted_runs(lines, Path(folder))]
            made = Path(folder) / "made"
            with made.open("wb") as file:
                for one in heapq.merge(*runs):
                    record = one.partition(b"\t")[2]
                    file.write(record)
                    digest.update(record)
                    count += 1
                file.flush()
                os.fsync(file.fileno())
            made.replace(path)
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror or error}") from None
    return count, digest.hexdigest()


def _sorted_runs(lines: Iterable[bytes], folder: Path) -> list[Path]:
    return [_spilled(sorted(held), folder / str(number)) for number, held in enumerate(_held(lines))]


def _held(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    size = 0
    for one in lines:
        held.append(one)
        size += len(one)
        if size >= _HELD:
            yield held
            held, size = [], 0
    if held:
        yield held


def _spilled(lines: list[bytes], path: Path) -> Path:
    with path.open("wb") as file:
        file.writelines(lines)
    return path
