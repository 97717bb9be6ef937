"""Where annotators of one article agree, or somebody decided: `gold`, and the votes for `stance`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from curation.catalog import Field
from curation.export.columns import Layout
from curation.records import Annotation, Gold, GoldMethod, Mention, Value, origins, task_versions
from curation.rounds import latest
from curation.store import Submitted


def settled(submitted: Sequence[Submitted]) -> bool:
    """Whether each annotator's latest round is valid, so that none of them has a say that is not known yet.

    `submitted` are all submitted annotations of an article but those that a newer one took the place of.
    """
    rounds: dict[str | None, int] = {}
    for one in submitted:
        if one.verdict == "valid" and one.record is not None:
            rounds[one.annotator] = max(rounds.get(one.annotator, 0), one.record.round)
    return all(
        one.verdict == "valid" or (one.record is not None and one.record.round < rounds.get(one.annotator, 0))
        for one in submitted
    )


def unanimous(layout: Layout, annotations: Sequence[Annotation]) -> bool:
    """Whether all say the same: mentions with their attributes, relations, and fields other than remarks."""
    first, *others = annotations
    # What is quickly told apart is most of what differs.
    return all(
        _fields(layout, other) == _fields(layout, first)
        and len(other.mentions) == len(first.mentions)
        and {_span(one) for one in other.mentions} == {_span(one) for one in first.mentions}
        and _content(other) == _content(first)
        for other in others
    )


def agreed(layout: Layout, annotations: Sequence[Annotation]) -> Gold | None:
    """The gold of an article on which all say the same, or only one says anything; None if they differ."""
    voters = latest(annotations)
    if not unanimous(layout, voters):
        return None
    method: GoldMethod = "single" if len(voters) == 1 else "unanimous"
    return Gold(_by_all(voters[0], voters), method, origins(voters), layout.task.digest)


def holding(kept: Gold | None, made_with: str, annotations: Sequence[Annotation]) -> Gold | None:
    """The gold that was kept of an article, if it was made by the same rules from the annotations as they are now.

    It says the versions of the codebook of all of these.
    """
    voters = latest(annotations)
    if kept is None or kept.made_with != made_with or kept.origins != origins(voters):
        return None
    return replace(kept, annotation=_by_all(kept.annotation, voters))


def votes(field: Field, annotations: Iterable[Annotation]) -> list[tuple[str, ...]]:
    """What each annotator who filled the field said."""
    said = [given(annotation.choices.get(field.name)) for annotation in annotations]
    return [values for values in said if values]


def tally(field: Field, ballots: Sequence[tuple[str, ...]]) -> list[dict[str, str | int | float]]:
    """Votes and share of each value that was given, in codebook order. A share is of annotators."""
    counts = Counter(value for values in ballots for value in dict.fromkeys(values))
    ordered = [*(value for value in field.values if value in counts), *sorted(counts.keys() - set(field.values))]
    return [{"label": value, "votes": counts[value], "share": counts[value] / len(ballots)} for value in ordered]


def given(value: Value | None) -> tuple[str, ...]:
    """The values of a field, none where it was left empty."""
    return () if not value else (value,) if isinstance(value, str) else value


def _by_all(record: Annotation, voters: Iterable[Annotation]) -> Annotation:
    """What holds, by the versions of the codebook that it and all that it was made from go by."""
    versions = task_versions(one.task_version for one in (record, *voters))
    return record if record.task_version == versions else replace(record, task_version=versions)


def _fields(layout: Layout, annotation: Annotation) -> tuple[tuple[str, ...], ...]:
    return tuple(given(annotation.choices.get(column.field.name)) for column in layout.decided)


def _span(mention: Mention) -> tuple[str, int, int]:
    return mention.label, mention.start, mention.end


def _content(annotation: Annotation) -> Hashable:
    places = {mention.id: _place(mention) for mention in annotation.mentions}
    relations = Counter(
        (places.get(relation.source), places.get(relation.target), relation.label) for relation in annotation.relations
    )
    return frozenset(Counter(places.values()).items()), frozenset(relations.items())


def _place(mention: Mention) -> Hashable:
    attributes = frozenset((name, given(value)) for name, value in mention.attributes.items() if value)
    return *_span(mention), attributes
