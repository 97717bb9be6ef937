"""Take what was read into the workspace's store, and say of each document what became of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from curation.articles.duplicates import THRESHOLD, Duplicate, Example, Linked, link
from curation.articles.options import Options
from curation.articles.reading import read
from curation.errors import CurationError
from curation.parts import LONGEST, cut, starts
from curation.records import Article, Progress, Reject, article_id
from curation.text import content_hash

if TYPE_CHECKING:
    from curation.articles.formats.brat import BratResult
    from curation.articles.formats.columns import Columns
    from curation.store import Store

_BATCH = 500
_BATCH_CHARACTERS = 8_000_000
_BATCH_SECONDS = 1.0
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that was refused. Its bytes are in the store."""

    source: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the documents that were read; `total` counts them all.

    `changed` are the ids that are known with another text, which was left alone. `repeated` are the places where an
    article stood once more under the same id. `duplicates` are articles that stand back for another one with the same
    text or nearly so; `linked`, `clusters`, `alike` (the least similar pairs) and `crowded` are as in
    `duplicates.Linked`. `noted` counts the doubts of `NOTES` by code, with the first articles of each. `columns` says
    of each table which column was read as which of our fields. `skipped` are files of folders that are no articles;
    `passed` says of sources that hold more than articles how much of what was passed over.
    `brat` says what became of annotations that stood beside text files, None where there were none.
    """

    total: int
    new: int
    same: int
    updated: int
    changed: tuple[str, ...]
    repeated: tuple[tuple[str, str], ...]
    duplicates: tuple[Duplicate, ...]
    linked: int
    clusters: int
    alike: tuple[Example, ...]
    crowded: tuple[tuple[str, int], ...]
    rejects: tuple[Refusal, ...]
    noted: Mapping[str, Noted]
    columns: Mapping[str, Mapping[str, str]]
    skipped: tuple[str, ...]
    passed: Mapping[str, Mapping[str, int]]
    brat: BratResult | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """How many of the articles that were taken in have a note, and the first of them: id and what was seen."""

    articles: int
    examples: tuple[tuple[str, str], ...]


def ingest(
    store: Store,
    sources: Sequence[str | Path],
    *,
    options: Options | None = None,
    update: bool = False,
    keep_duplicates: bool = False,
    threshold: float = THRESHOLD,
    longest: int = LONGEST,
    progress: Progress | None = None,
) -> IngestResult:
    """Read `sources` (see `read`) into `store`. A second run over the same sources adds nothing.

    A known id with another text is reported and left alone; with `update` it takes the new text and metadata, and the
    old text is kept beside. What is refused is kept aside with its bytes. Texts that are the same or whose Jaccard
    similarity is at least `threshold` (see `duplicates.link`) are linked; all but one stand back when articles go to
    annotators, unless `keep_duplicates` is set. A text of more than `longest` characters is cut into parts when it is
    taken in (see `parts`); it stays cut as it is until its text changes, whatever `longest` is then.

    Raises `E_NO_INPUT`, `E_MISSING_COLUMN`, `E_EXTRA_MISSING` as `read` does: for a source that was named itself.
    What was read before stays stored.
    """
    run = _Run(store, update, longest)
    documents = read(sources, run.listening(options or Options()))
    try:
        for batch in _batches(documents):
            with store.transaction():
                for document in batch:
                    run.take(document)
            if progress is not None:
                progress(run.total, None)
    except CurationError:
        link(store, threshold=threshold, keep=keep_duplicates)
        raise
    if not run.total:
        named = ", ".join(map(str, sources))
        raise CurationError("E_NO_INPUT", f"{named}: no article in it")
    return run.result(link(store, threshold=threshold, keep=keep_duplicates))


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

    def __init__(self, store: Store, update: bool, longest: int) -> None:
        self.store = store
        self.update = update
        self.longest = longest
        self.total = self.new = self.same = self.updated = 0
        store.articles.forget_run()
        self.changed: list[str] = []
        self.repeated: list[tuple[str, str]] = []
        self.rejects: list[Refusal] = []
        self.noted: dict[str, list[tuple[str, str]]] = {}
        self.notes: Counter[str] = Counter()
        self.columns: dict[str, dict[str, str]] = {}
        self.skipped: list[str] = []
        self.passed: dict[str, Mapping[str, int]] = {}

    def listening(self, options: Options) -> Options:
        """`options`, with this run told about columns and files too."""

        def on_columns(name: str, columns: Columns) -> None:
            self.columns[name] = columns.found()
            options.on_columns(name, columns)

        def on_skipped(name: str) -> None:
            self.skipped.append(name)
            options.on_skipped(name)

        def on_passed(name: str, counts: Mapping[str, int]) -> None:
            self.passed[name] = counts
            options.on_passed(name, counts)

        return replace(options, on_columns=on_columns, on_skipped=on_skipped, on_passed=on_passed)

    def take(self, document: Article | Reject) -> None:
        """Store one document, inside a transaction, and count it."""
        self.total += 1
        if isinstance(document, Reject):
            self._reject(document)
            return
        article = self._identified(document)
        state = self.store.articles.add(article)
        before = self.store.articles.seen_in_run(article)
        if state == "new":
            self.new += 1
            self._cut(article, starts(article.text, self.longest))
            self._note(article)
        elif (whole := self.store.articles.whole_of(article.id)) is not None:
            self._reject(_taken(article, f"is that of a part of the article {whole!r}"))
        elif before is not None:
            self._known_in_this_run(article, before == article.sha256)
        elif self.update:
            self._renew(article)
        elif state == "same":
            self.same += 1
        else:
            self.changed.append(article.id)

    def result(self, linked: Linked) -> IngestResult:
        """The tally as it stands."""
        return IngestResult(
            total=self.total,
            new=self.new,
            same=self.same,
            updated=self.updated,
            changed=tuple(self.changed),
            repeated=tuple(self.repeated),
            duplicates=linked.duplicates,
            linked=linked.linked,
            clusters=linked.clusters,
            alike=linked.examples,
            crowded=linked.crowded,
            rejects=tuple(self.rejects),
            noted={code: Noted(self.notes[code], tuple(examples)) for code, examples in self.noted.items()},
            columns=self.columns,
            skipped=tuple(self.skipped),
            passed=self.passed,
        )

    def _identified(self, article: Article) -> Article:
        """The article under an id of its own: two sources may publish one text, and neither give it an id."""
        if article.source_id is not None:
            return article
        known = self.store.articles.get(article.id)
        if known is None or _published(known) == _published(article):
            return article
        own = "\0".join((article.sha256, *(part or "" for part in _published(article))))
        return replace(article, id=article_id(None, hashlib.sha256(own.encode()).hexdigest()))

    def _cut(self, article: Article, begins: Sequence[int]) -> None:
        """Cut an article into the parts that begin there, each under an id that no other article has."""
        parts = cut(article, begins)
        for number, part in enumerate(parts):
            other = self.store.articles.get(part.id)
            if other is not None and other.part_of != article.id:
                parts[number] = replace(part, id=article_id(None, content_hash(f"{article.id}\0{part.id}")))
        if parts or self.update:
            self.store.articles.cut(article.id, parts)

    def _note(self, article: Article) -> None:
        for code, seen in article.notes.items():
            self.notes[code] += 1
            examples = self.noted.setdefault(code, [])
            if len(examples) < _EXAMPLES:
                examples.append((article.id, seen))

    def _reject(self, reject: Reject) -> None:
        self.store.articles.reject(reject)
        self.rejects.append(Refusal(reject.source, reject.code, reject.reason))

    def _known_in_this_run(self, article: Article, same_text: bool) -> None:
        if same_text:
            self.store.articles.add_copy(article, article.id)
            self.repeated.append((article.source or article.id, article.id))
            return
        self._reject(_taken(article, "stands in this run with another text already"))

    def _renew(self, article: Article) -> None:
        """Put a known article's new text and metadata in place. Where it was read from alone is no news."""
        old = self.store.articles.get(article.id)
        if old is None or replace(old, source=article.source) == article:
            self.same += 1
            return
        begins = [part.part_start for part in self.store.articles.parts(article.id)]
        if old.sha256 != article.sha256:
            self.store.articles.keep_text(old.sha256, old.text)
            begins = starts(article.text, self.longest)
        self.store.articles.replace(article)
        self._cut(article, begins)
        self.updated += 1
        self._note(article)


def _published(article: Article) -> tuple[str | None, ...]:
    """Where and when an article without an id was published."""
    return article.url, article.outlet, article.published_at


def _taken(article: Article, why: str) -> Reject:
    reason = f"the id {article.source_id or article.id!r} {why}"
    return Reject(article.source or article.id, "R_ID_TAKEN", reason, msgspec.json.encode(asdict(article)))
