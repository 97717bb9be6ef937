"""Take what was read into the workspace's store, and say of each document what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from curation.articles.reading import read
from curation.errors import CurationError
from curation.records import Article, Progress, Reject

if TYPE_CHECKING:
    from curation.store import Store

_BATCH = 500
_BATCH_CHARACTERS = 8_000_000
_BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that was refused. Its bytes are in the store."""

    source: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the documents that were read; `total` counts them all.

    `changed` are the ids that are known with another text, which was left alone. `duplicates` are the places of copies
    with the id of the article that is kept. `skipped` are files of folders that are no articles.
    """

    total: int
    new: int
    same: int
    updated: int
    changed: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    rejects: tuple[Refusal, ...]
    skipped: tuple[str, ...]


def ingest(
    store: Store,
    sources: Sequence[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    update: bool = False,
    progress: Progress | None = None,
) -> IngestResult:
    """Read `sources` (see `read`) into `store`. A second run over the same sources adds nothing.

    A known id with another text is reported and left alone; with `update` it takes the new text and metadata, and the
    old text is kept beside. Copies of a text are noted, not stored; what is refused is kept aside with its bytes.

    Raises `E_NO_INPUT`, `E_MISSING_COLUMN`, `E_EXTRA_MISSING` as `read` does: for a source that was named itself.
    What was read before stays stored.
    """
    run = _Run(store, update)
    documents = read(sources, field_map=field_map, skipped=run.skipped.append)
    for batch in _batches(documents):
        with store.transaction():
            for document in batch:
                run.take(document)
        if progress is not None:
            progress(run.total, None)
    if not run.total:
        named = ", ".join(map(str, sources))
        raise CurationError("E_NO_INPUT", f"{named}: no article in it")
    return run.result()


def _batches(documents: Iterable[Article | Reject]) -> Iterator[list[Article | Reject]]:
    """What is written at once. If reading fails, what was read before comes first."""
    batch: list[Article | Reject] = []
    size = 0
    start = monotonic()
    try:
        for document in documents:
            batch.append(document)
            size += len(document.text if isinstance(document, Article) else document.raw)
            if len(batch) >= _BATCH or size >= _BATCH_CHARACTERS or monotonic() - start >= _BATCH_SECONDS:
                yield batch
                batch, size, start = [], 0, monotonic()
    except CurationError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


class _Run:
    """One run's tally. The store remembers the run's ids, to tell copies in it from articles of earlier runs."""

    def __init__(self, store: Store, update: bool) -> None:
        self.store = store
        self.update = update
        self.total = self.new = self.same = self.updated = 0
        store.articles.forget_run()
        self.changed: list[str] = []
        self.duplicates: list[tuple[str, str]] = []
        self.rejects: list[Refusal] = []
        self.skipped: list[str] = []

    def take(self, document: Article | Reject) -> None:
        """Store one document, inside a transaction, and count it."""
        self.total += 1
        if isinstance(document, Reject):
            self._reject(document)
            return
        state = self.store.articles.add(document)
        before = self.store.articles.seen_in_run(document)
        if state == "new":
            self.new += 1
        elif state == "duplicate":
            original = self.store.articles.original(document.sha256)
            self.duplicates.append((document.source or document.id, original or document.id))
        elif before is not None:
            self._known_in_this_run(document, before == document.sha256)
        elif self.update:
            self._renew(document)
        elif state == "same":
            self.same += 1
        else:
            self.changed.append(document.id)

    def result(self) -> IngestResult:
        """The tally as it stands."""
        return IngestResult(
            self.total,
            self.new,
            self.same,
            self.updated,
            tuple(self.changed),
            tuple(self.duplicates),
            tuple(self.rejects),
            tuple(self.skipped),
        )

    def _reject(self, reject: Reject) -> None:
        self.store.articles.reject(reject)
        self.rejects.append(Refusal(reject.source, reject.code, reject.reason))

    def _known_in_this_run(self, article: Article, same_text: bool) -> None:
        if same_text:
            self.store.articles.add_copy(article, article.id)
            self.duplicates.append((article.source or article.id, article.id))
            return
        reason = f"the id {article.source_id!r} stands in this run with another text already"
        self._reject(Reject(article.source or article.id, "R_ID_TAKEN", reason, msgspec.json.encode(asdict(article))))

    def _renew(self, article: Article) -> None:
        """Put a known article's new text and metadata in place. Where it was read from alone is no news."""
        old = self.store.articles.get(article.id)
        if old is None or replace(old, source=article.source) == article:
            self.same += 1
            return
        if old.sha256 != article.sha256:
            self.store.articles.keep_text(old.sha256, old.text)
        self.store.articles.replace(article)
        self.updated += 1
