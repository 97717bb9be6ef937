"""Take what was read into the workspace's store, and say of each document what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from curation.articles.batches import batches
from curation.articles.duplicates import THRESHOLD, Linked, begin, link, require_threshold
from curation.articles.options import Options
from curation.articles.reading import read
from curation.articles.rejects import kept
from curation.articles.tally import First, IngestResult, Refusal, Tally
from curation.errors import CurationError
from curation.parts import LONGEST, SHORTEST_CUT, cut, starts
from curation.records import Article, Progress, Reject, article_id, named, own_id, published, to_json
from curation.text import content_hash

if TYPE_CHECKING:
    from curation.articles.formats.columns import Columns
    from curation.store import Store

# Below this Jaccard similarity of their shingles, two texts of one id are no two versions of an article.
_RELATED = 0.3


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

    A known id with another text, or with other metadata, is reported and left alone; with `update` it takes the new
    text and metadata, and the old text is kept beside. A text from another file that has little in common with the one
    known by its id is another article: it is refused, also with `update`. What is refused is kept aside, whole or its
    beginning (see `REJECTS`), until an article is read in its place. Texts that are the same or whose Jaccard
    similarity is at least `threshold` (see `duplicates.link`) are linked; all but one stand back when articles go to
    annotators, unless `keep_duplicates` is set. A text of more than `longest` characters is cut into parts when it is
    taken in (see `parts`); it stays cut as it is until its text changes, whatever `longest` is then.

    Raises `E_USAGE` for a threshold that is not from 0.5 to 1, or parts of less than 1,000 characters. Raises
    `E_NO_INPUT`, `E_MISSING_COLUMN`, `E_EXTRA_MISSING` as `read` does: for a source that was named itself. What was
    read before stays stored.
    """
    require_threshold(threshold)
    if longest < SHORTEST_CUT:
        raise CurationError("E_USAGE", f"parts of {longest} characters are too short", fix=f"{SHORTEST_CUT} or more")
    run = _Run(store, update, longest, threshold)
    documents = read(sources, run.listening(options or Options()))
    begin(store, threshold=threshold, keep=keep_duplicates)
    try:
        for batch in batches(documents, _size):
            with store.transaction():
                for document in batch:
                    run.take(document)
            if progress is not None:
                progress(run.total, None)
    except CurationError:
        link(store, threshold=threshold, keep=keep_duplicates)
        raise
    linked = link(store, threshold=threshold, keep=keep_duplicates)
    if not run.total:
        named = ", ".join(map(str, sources))
        raise CurationError("E_NO_INPUT", f"{named}: no article in it")
    return run.result(linked)


def _size(document: Article | Reject) -> int:
    return len(document.text if isinstance(document, Article) else document.raw)


class _Run:
    """One run's tally. The store remembers the run's ids, to tell copies in it from articles of earlier runs."""

    def __init__(self, store: Store, update: bool, longest: int, threshold: float) -> None:
        self.store = store
        self.update = update
        self.longest = longest
        self.threshold = threshold
        self.total = self.new = self.same = self.updated = 0
        self.n_cut = self.n_parts = 0
        store.articles.forget_run()
        self.changed: First[int, str] = First()
        self.outdated: First[int, str] = First()
        self.repeated: First[int, tuple[str, str]] = First()
        self.rejects: First[int, Refusal] = First()
        self.refused = Tally()
        self.notes = Tally()
        self.columns: First[str, Mapping[str, str]] = First()
        self.skipped: First[str, None] = First()
        self.passed: First[str, Mapping[str, int]] = First()

    def listening(self, options: Options) -> Options:
        """`options`, with this run told about columns and files too."""

        def on_columns(name: str, columns: Columns) -> None:
            self.columns.add(name, columns.found())
            options.on_columns(name, columns)

        def on_skipped(name: str) -> None:
            self.skipped.add(name, None)
            options.on_skipped(name)

        def on_passed(name: str, counts: Mapping[str, int]) -> None:
            self.passed.add(name, counts)
            options.on_passed(name, counts)

        return replace(options, on_columns=on_columns, on_skipped=on_skipped, on_passed=on_passed)

    def take(self, document: Article | Reject) -> None:
        """Store one document, inside a transaction, and count it."""
        self.total += 1
        if isinstance(document, Reject):
            self._reject(document)
            return
        article = self._identified(document)
        whole = self.store.parts.whole_of(article.id)
        if whole is not None:
            self._reject(_taken(article, f"is that of a part of the article {whole!r}"))
            return
        state = self.store.articles.add(article)
        before = self.store.articles.seen_in_run(article)
        if state == "new":
            self.new += 1
            self._cut(article)
            self._note(article)
        elif before not in (None, article.sha256):
            self._reject(_taken(article, "stands in this run with another text already"))
            return
        elif state == "changed" and (other := self._other(article)) is not None:
            self.store.articles.unsee(article)
            self._reject(_taken(article, f"is that of another article, from {other}"))
            return
        elif before is not None and state == "same":
            self.store.articles.add_copy(article, article.id)
            self.repeated.add(self.total, (article.source or article.id, article.id))
        elif self.update:
            self._renew(article)
        elif state == "same":
            self._leave(article)
        else:
            self.changed.add(self.total, article.id)
            return
        self.store.articles.mend(article)

    def result(self, linked: Linked) -> IngestResult:
        """The tally as it stands."""
        return IngestResult(
            total=self.total,
            new=self.new,
            same=self.same,
            updated=self.updated,
            n_cut=self.n_cut,
            n_parts=self.n_parts,
            n_changed=self.changed.count,
            changed=tuple(self.changed.kept.values()),
            n_outdated=self.outdated.count,
            outdated=tuple(self.outdated.kept.values()),
            n_repeated=self.repeated.count,
            repeated=tuple(self.repeated.kept.values()),
            n_duplicates=linked.n_duplicates,
            duplicates=linked.duplicates,
            linked=linked.linked,
            released=linked.released,
            threshold=self.threshold,
            clusters=linked.clusters,
            alike=linked.examples,
            crowded=linked.crowded,
            n_rejects=self.rejects.count,
            rejects=tuple(self.rejects.kept.values()),
            refused=self.refused.found,
            noted=self.notes.found,
            n_columns=self.columns.count,
            columns=self.columns.kept,
            n_skipped=self.skipped.count,
            skipped=tuple(self.skipped.kept),
            n_passed=self.passed.count,
            passed=self.passed.kept,
        )

    def _other(self, article: Article) -> str | None:
        """Where the article with the same id was read if it is another one, not another version; else None."""
        known = self.store.articles.get(article.id)
        if known is None or known.source is None or (known.file is not None and known.file == article.file):
            return None
        from curation.shingles import jaccard, shingles

        return known.source if jaccard(shingles(known.text), shingles(article.text)) < _RELATED else None

    def _leave(self, article: Article) -> None:
        """Leave a known article as it is, and tell where what is said of it has changed."""
        self.same += 1
        if self.store.articles.is_outdated(article):
            self.outdated.add(self.total, article.id)

    def _identified(self, article: Article) -> Article:
        """The article under an id of its own: two sources may publish one text, and neither give it an id.

        With `update`, what stands where its text was read before is that article, published otherwise or not.
        """
        if article.source_id is not None:
            return article
        known = self.store.articles.get(article.id)
        if known is None or published(known) == published(article):
            return article
        there = self.store.articles.published_so(article)
        if there is None and self.update:
            there = self.store.articles.read_from(article)
        return replace(article, id=there or self._free_id(article))

    def _free_id(self, article: Article) -> str:
        """An id made of text and publication; where an update left it to what is published otherwise now, a next."""
        free = own_id(article.sha256, published(article))
        while self.store.articles.get(free) is not None:
            free = own_id(free, published(article))
        return free

    def _cut(self, article: Article) -> None:
        """Cut an article into parts if it is long, each under an id that no other article or part has."""
        parts = cut(article, starts(article.text, self.longest))
        for number, part in enumerate(parts):
            place = self.store.parts.place(part.id)
            if self.store.articles.get(part.id) is not None or (place is not None and place.whole != article.id):
                parts[number] = replace(part, id=article_id(None, content_hash(f"{article.id}\0{part.id}")))
        if parts:
            self.store.parts.cut(article.id, parts)
            self.n_cut += 1
            self.n_parts += len(parts)

    def _note(self, article: Article) -> None:
        for code, seen in article.notes.items():
            self.notes.add(code, named(article.id, article.source), seen)

    def _reject(self, reject: Reject) -> None:
        self.store.articles.reject(reject)
        self.rejects.add(self.total, Refusal(reject.source, reject.code, reject.reason, kept(reject)))
        self.refused.add(reject.code, reject.source, reject.reason)

    def _renew(self, article: Article) -> None:
        """Put a known article's new text and metadata in place. Where it was read from alone is no news."""
        old = self.store.articles.get(article.id)
        if old is None or replace(old, source=article.source) == article:
            self.same += 1
            return
        self.store.articles.replace(article)
        if old.sha256 != article.sha256:
            self.store.articles.keep_text(old.sha256, old.text)
            self._cut(article)
        self.updated += 1
        self._note(article)


def _taken(article: Article, why: str) -> Reject:
    reason = f"the id {article.source_id or article.id!r} {why}"
    return Reject(
        article.source or article.id, "R_ID_TAKEN", reason, msgspec.json.encode(to_json(article)), article.file
    )
