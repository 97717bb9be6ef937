"""Articles of two splits that are nearly the same: what a model has seen in training, it is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from curation.export.checking.problems import APART, ERROR, Problem
from curation.text import COPIES

if TYPE_CHECKING:
    from curation.export.checking.survey import Survey
    from curation.export.reading import Dataset


def near_copies(dataset: Dataset, survey: Survey) -> Iterator[Problem]:
    """The most similar articles of each two splits, where `ingest` would take them for copies of one text.

    Similarity is the Jaccard similarity of shingles of three words, and the search is exact. Texts of the very same
    words are left to the check that finds all of them.
    """
    from curation.export.soundness import Texts
    from curation.export.splitting.nearest import closest

    texts = Texts(dataset)
    by_split: dict[str, list[str]] = {}
    for article, splits in survey.splits.items():
        if article in texts:
            by_split.setdefault(splits[0], []).append(article)
    same = {article: key for key, articles in survey.copies.items() for article in articles}
    for pair in closest(by_split, lambda article: texts.of(article)[0]):
        one, other = pair.article, pair.other_article
        if one is None or other is None or pair.similarity < COPIES or (one in same and same[one] == same.get(other)):
            continue
        message = (
            f"{one} in {pair.split} and {other} in {pair.other} are nearly one text (similarity {pair.similarity:.2f})"
        )
        yield Problem("near-copies", ERROR, f"{pair.split} and {pair.other}", message, APART, (one, other))
