"""Which annotation files of brat's belong to which text files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from curation.articles.formats.brat import SUFFIX, annotated_texts
from curation.articles.sources import Source, find_sources

_ANNOTATOR = re.compile(r"[A-Za-z0-9-]{1,40}")
_AMBIGUOUS = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A text file and annotations of it; `annotator` made them, None where only the folder's name tells."""

    text: Source
    beside: Source
    annotator: str | None = None


def find_pairs(sources: Sequence[str | Path], kind: str | None) -> tuple[list[Pair], list[str]]:
    """Texts with their annotations, and the names of the annotation files in folders that have no text.

    `X.ann` belongs to the `X.txt` beside it, `X_NAME.ann` to an `X.txt` in the same folder or in one beside that.
    """
    skipped: list[str] = []

    def on_skipped(name: str) -> None:
        if name.endswith(SUFFIX):
            skipped.append(name)

    found = find_sources(sources, on_skipped, kind)
    pairs = [Pair(*pair) for source in found for pair in annotated_texts(source)]
    taken = {pair.beside.name for pair in pairs}
    alone = [name for name in skipped if name not in taken]
    if not alone:
        return pairs, []
    texts = _Texts(sources, kind)
    named = {name: texts.of(name) for name in alone}
    pairs += [pair for pair in named.values() if pair is not None]
    return pairs, [name for name, pair in named.items() if pair is None]


class _Texts:
    """The text files of folders by folder and stem, and by the folder above and stem."""

    def __init__(self, sources: Sequence[str | Path], kind: str | None) -> None:
        self._here: dict[tuple[PurePosixPath, str], Source | None] = {}
        self._near: dict[tuple[PurePosixPath, str], Source | None] = {}
        for source in find_sources(sources, lambda _: None, kind):
            if source.suffix == ".txt" and source.in_folder and source.content is None:
                name = PurePosixPath(source.name)
                for known, folder in ((self._here, name.parent), (self._near, name.parent.parent)):
                    key = folder, name.stem
                    known[key] = _AMBIGUOUS if key in known else source

    def of(self, beside: str) -> Pair | None:
        """The text that `X_NAME.ann` is about; None if there is none, or several."""
        name = PurePosixPath(beside)
        stem, _, annotator = name.stem.rpartition("_")
        text = self._here.get((name.parent, stem))
        if text is None and name.parent.name:
            text = self._near.get((name.parent.parent, stem))
        if text is None or not _ANNOTATOR.fullmatch(annotator):
            return None
        root = text.path.parents[len(PurePosixPath(text.name).parts) - 1]
        path = root / beside
        return Pair(text, Source(path, beside, "brat"), annotator) if path.is_file() else None
