"""Which of an annotator's annotations of an article counts: that of the latest round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Rounded(Protocol):
    """An annotation, as far as it has to be known here."""

    @property
    def id(self) -> str: ...

    @property
    def annotator(self) -> str: ...

    @property
    def round(self) -> int: ...


_Annotation = TypeVar("_Annotation", bound=Rounded)


def latest(annotations: Iterable[_Annotation]) -> list[_Annotation]:
    """Of each annotator the annotation of the latest round, in the order of the annotators."""
    newest: dict[str, _Annotation] = {}
    for annotation in sorted(annotations, key=lambda one: (one.annotator, one.round, one.id)):
        newest[annotation.annotator] = annotation
    return list(newest.values())
