"""Sections of what only people know, as `[about]` in export.toml says it; what it leaves out is not stated."""

from __future__ import annotations

from collections.abc import Sequence

from curation.catalog import Export
from curation.folders.card import inert

NOT_STATED = "not stated"

TOPICS = {
    "homepage": "Homepage",
    "repository": "Repository",
    "authors": "Authors",
    "publisher": "Publisher",
    "released": "Released",
    "contact": "Contact",
    "citation": "Citation",
    "collection": "How articles were chosen and collected",
    "time_span": "When they were published",
    "genre": "What kinds of texts they are",
    "language_variety": "Varieties of their languages",
    "writers": "Who wrote them",
    "annotation": "How annotators worked",
    "recruitment": "Recruitment",
    "training": "Training",
    "pay": "Pay",
    "annotator_languages": "Languages of the annotators",
    "demographics": "Who they are",
    "rights": "Rights in the texts",
    "takedown": "Takedown",
    "personal_data": "Personal and sensitive information",
    "uses": "Meant for",
    "out_of_scope": "Not to be used for",
    "biases": "Known biases",
    "limitations": "Further limitations",
    "social_impact": "Social impact",
    "maintenance": "Maintenance",
}
"""The topics of `[about]` that a card speaks of, and how it calls them, in its order."""

COLLECTION = ("collection", "time_span", "genre", "language_variety", "writers")
ANNOTATORS = ("annotation", "recruitment", "training", "pay", "annotator_languages", "demographics")
RIGHTS = ("rights", "takedown", "contact", "personal_data")
USES = ("uses", "out_of_scope", "social_impact")
LIMITATIONS = ("biases", "limitations")
PEOPLE = ("authors", "publisher", "released", "homepage", "repository", "contact", "maintenance")


def said(export: Export, topic: str) -> str | None:
    """What is declared on a topic as one text; None if nothing is."""
    given = export.about.get(topic)
    return given if given is None or isinstance(given, str) else "; ".join(given)


def not_stated(export: Export, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The topics on which `[about]` says nothing, in the card's order, but those that are `known` from the data."""
    return tuple(topic for topic in TOPICS if topic not in known and not export.about.get(topic))


def section(export: Export, topics: Sequence[str], known: Sequence[str] = ()) -> str:
    """A list of what is declared on some topics. Nothing is missing that is `known` from the data."""
    wanted = [topic for topic in topics if topic not in known or said(export, topic)]
    return "\n".join(f"- **{TOPICS[topic]}:** {inert(said(export, topic) or NOT_STATED)}" for topic in wanted)


def citation(export: Export) -> str:
    """How to cite the dataset, word for word, as a block of code."""
    given = said(export, "citation")
    if given is None:
        return f"How to cite the dataset is {NOT_STATED}."
    lines = given.splitlines()
    longest = max((len(run) for line in lines for run in _backticks(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence, *lines, fence])


def _backticks(line: str) -> list[str]:
    return ["`" * len(run) for run in "".join(sign if sign == "`" else " " for sign in line).split()]
