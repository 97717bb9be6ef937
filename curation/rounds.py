"""Which of an annotator's annotations of an article counts: that of the latest round."""

from __future__ import annotations

from collections.abc import Iterable

from curation.records import Annotation


def latest(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Of each annotator the annotation of the latest round, in the order of the annotators."""
    newest: dict[str, Annotation] = {}
    for annotation in sorted(annotations, key=lambda one: (one.annotator, one.round, one.id)):
        newest[annotation.annotator] = annotation
    return list(newest.values())
