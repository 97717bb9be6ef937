"""Which annotation files of brat's belong to which text files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from curation.articles.formats.brat import SUFFIX, annotated_texts
from curation.articles.sources import Source, find_sources

_ANNOTATOR = re.compile(r"[A-Za-z0-9-]{1,40}")
_AMBIGUOUS = None
_TEXT = ".txt"


@dataclass(frozen=True, slots=True)
class Pair:
    """A text file and annotations of it; `annotator` made them, None where only the folder's name tells."""

    text: Source
    beside: Source
    annotator: str | None = None


def find_pairs(sources: Sequence[str | Path], kind: str | None) -> tuple[list[Pair], list[str]]:
    """Texts with their annotations, and the names of the annotation files in folders and zip files that have no text.

    `X.ann` belongs to the `X.txt` beside it, `X_NAME.ann` to an `X.txt` in the same folder or in one beside that; in a
    zip file to one of the same zip file. A zip file in another one or from standard input is not looked into.
    """
    skipped: list[str] = []
    pairs: list[Pair] = []
    packed: list[str] = []

    def on_skipped(name: str) -> None:
        if name.endswith(SUFFIX):
            skipped.append(name)

    for source in find_sources(sources, on_skipped, kind):
        if source.kind == "zip" and source.content is None:
            found, left = _in_zip(source)
            pairs += found
            packed += left
        else:
            pairs += [Pair(*pair) for pair in annotated_texts(source)]
    taken = {pair.beside.name for pair in pairs}
    alone = [name for name in skipped if name not in taken]
    if not alone:
        return pairs, packed
    texts = _Texts(
        source
        for source in find_sources(sources, lambda _: None, kind)
        if source.suffix == _TEXT and source.in_folder and source.content is None
    )
    named = {name: _on_disk(texts, name) for name in alone}
    pairs += [pair for pair in named.values() if pair is not None]
    return pairs, packed + [name for name, pair in named.items() if pair is None]


def _in_zip(source: Source) -> tuple[list[Pair], list[str]]:
    """The pairs in a zip file, and the names of the annotation files in it that have no text."""
    from curation.articles.formats.zipped import held

    files = list(held(source, SUFFIX))
    texts = _Texts(held(source, _TEXT) if files else ())
    pairs: list[Pair] = []
    alone: list[str] = []
    for beside in files:
        same = texts.same(beside.name)
        text, annotator = (same, None) if same is not None else texts.of(beside.name)
        if text is None:
            alone.append(beside.name)
        else:
            pairs.append(Pair(text, beside, annotator))
    return pairs, alone


def _on_disk(texts: _Texts, beside: str) -> Pair | None:
    """The text in a folder that `X_NAME.ann` is about, with that file; None if there is none, or several."""
    text, annotator = texts.of(beside)
    if text is None:
        return None
    root = text.path.parents[len(PurePosixPath(text.name).parts) - 1]
    path = root / beside
    return Pair(text, Source(path, beside, "brat"), annotator) if path.is_file() else None


class _Texts:
    """Text files by folder and stem, and by the folder above and stem."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._here: dict[tuple[PurePosixPath, str], Source | None] = {}
        self._near: dict[tuple[PurePosixPath, str], Source | None] = {}
        for source in sources:
            name = PurePosixPath(source.name)
            for known, folder in ((self._here, name.parent), (self._near, name.parent.parent)):
                key = folder, name.stem
                known[key] = _AMBIGUOUS if key in known else source

    def same(self, beside: str) -> Source | None:
        """The text of the same name in the same folder."""
        name = PurePosixPath(beside)
        return self._here.get((name.parent, name.stem))

    def of(self, beside: str) -> tuple[Source | None, str]:
        """The text that `X_NAME.ann` is about, None if there is none, or several; and NAME."""
        name = PurePosixPath(beside)
        stem, _, annotator = name.stem.rpartition("_")
        text = self._here.get((name.parent, stem))
        if text is None and name.parent.name:
            text = self._near.get((name.parent.parent, stem))
        return (text if _ANNOTATOR.fullmatch(annotator) else None), annotator
