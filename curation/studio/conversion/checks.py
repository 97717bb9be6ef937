"""The rules on raw annotations of any text project: what is wrong with one, and with several of one item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from curation.findings import finding
from curation.records import Finding
from curation.studio.authors import author_of
from curation.studio.conversion import checks_relations, checks_shape, checks_spans, checks_values
from curation.studio.conversion.checks_seen import Seen, see
from curation.studio.conversion.declaration import Declaration
from curation.studio.foreign import Foreign
from curation.studio.raw import origin_of, rows_of

Rule = Callable[[Seen], Iterator[Finding]]
"""What one rule finds in an annotation. Each is silent about a fact of which another one speaks."""

_NONE: Mapping[str, Foreign] = MappingProxyType({})


def findings(
    annotation: Any,
    texts: Mapping[str, str],
    declaration: Declaration,
    foreign: Mapping[str, Foreign] = _NONE,
) -> list[Finding]:
    """What is wrong with one annotation as it stands in an export, in the order of its rows; never raises.

    `annotation` may be any JSON value. `texts` are the texts of the item's Text objects by the objects' names,
    `foreign` its HyperText and Paragraphs objects. Of an object that is in neither nothing is said that needs its text:
    whoever knows why it is missing says so once. JSON pointers begin at the annotation. A cancelled annotation is not
    judged; neither is one that has no key for its annotator, which is a matter of the whole export.
    """
    if is_cancelled(annotation):
        return []
    if not isinstance(annotation, dict):
        return list(checks_shape.result(annotation))
    found = [*checks_shape.around(annotation), *checks_shape.result(annotation), *annotator(annotation)]
    if not isinstance(annotation.get("result"), list):
        return found
    seen = see(annotation, texts, foreign, declaration)
    of_rows = [*seen.broken, *(one for _, rule in RULES for one in rule(seen))]
    return [*found, *sorted(of_rows, key=_row)]


def across(annotations: Sequence[Any]) -> list[tuple[int, Finding]]:
    """What is wrong between the annotations of one item: nobody submits two.

    Each comes with the position of the annotation that it is about; pointers begin at the list of them.
    """
    by_author: dict[str, list[int]] = {}
    for position, annotation in enumerate(annotations):
        author = author_of(annotation, draft=False).key if isinstance(annotation, dict) else None
        if author is not None and not is_cancelled(annotation):
            by_author.setdefault(author, []).append(position)
    doubled = [(position, own) for own in by_author.values() if len(own) > 1 for position in own]
    return [(position, _doubled(annotations, position, own)) for position, own in sorted(doubled)]


def _doubled(annotations: Sequence[Any], position: int, own: Sequence[int]) -> Finding:
    also = _also(annotations, position, own)
    return finding("F_ANNOTATION_DOUBLED", also, json_pointer=f"/{position}/completed_by")


def is_cancelled(annotation: Any) -> bool:
    """Whether the annotator skipped the item, so that what the annotation holds is no answer."""
    return isinstance(annotation, dict) and annotation.get("was_cancelled") is True


def annotator(annotation: Mapping[str, Any]) -> Iterator[Finding]:
    """Where an export names people, it names who made the annotation."""
    named = annotation.get("completed_by", 0)
    if named is None or (
        (isinstance(named, dict) or type(named) is int) and author_of({"completed_by": named}, draft=False).key is None
    ):
        said = "no annotator is named" if named is None else "the annotator is named by no id and no address"
        yield finding("F_ANNOTATOR_UNKNOWN", said, json_pointer="/completed_by")


def spans(seen: Seen) -> Iterator[Finding]:
    """What is wrong with each span, whatever else there is."""
    for span in seen.spans:
        yield from checks_spans.alone(span)


def suggestion(seen: Seen) -> Iterator[Finding]:
    """The annotator changed or added something to what was suggested."""
    if origin_of(seen.annotation) == "prediction":
        message = f"every part was submitted as it was suggested ({len(rows_of(seen.annotation))} rows)"
        yield finding("F_SUGGESTION_UNTOUCHED", message, json_pointer="/result")


RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("F_CONTROL_UNKNOWN",), checks_values.controls),
    (("F_REGION_DUPLICATE_ID",), checks_spans.identities),
    (("F_CARDINALITY",), checks_values.label_counts),
    (("F_LABEL_UNKNOWN",), checks_values.labels),
    (
        (
            "F_TAG_UNSUPPORTED",
            "F_OFFSET_RANGE",
            "F_TEXT_MISMATCH",
            "F_TEXT_WHITESPACE",
            "F_SPAN_EDGES",
            "F_SPAN_PARAGRAPH",
            "F_SPAN_GRAPHEME",
        ),
        spans,
    ),
    (("F_SPAN_DUPLICATE",), checks_spans.duplicates),
    (("F_ATTRIBUTE_ORPHAN",), checks_values.orphans),
    (("F_ATTRIBUTE_OFFSETS",), checks_values.places),
    (("F_ATTRIBUTE_LABEL",), checks_values.belonging),
    (("F_CARDINALITY",), checks_values.counts),
    (("F_VALUE_UNKNOWN",), checks_values.values),
    (("F_REQUIRED_MISSING",), checks_values.required),
    (
        (
            "F_RELATION_DANGLING",
            "F_RELATION_SELF",
            "F_RELATION_UNLABELLED",
            "F_RELATION_UNKNOWN",
            "F_CARDINALITY",
            "F_RELATION_DUPLICATE",
        ),
        checks_relations.relations,
    ),
    (("F_SUGGESTION_UNTOUCHED",), suggestion),
)
"""Every rule on what an annotation's rows say, with the codes that it may give."""


def _also(annotations: Sequence[Any], position: int, own: Sequence[int]) -> str:
    others = [annotations[other].get("id") for other in own if other != position]
    named = ", ".join(str(other) for other in others if type(other) is int and other.bit_length() <= 64)
    return f"the same annotator submitted this item also as {named or 'another annotation'}"


def _row(found: Finding) -> int:
    """The position of the row that a finding is about; what is about all of them comes last."""
    steps = (found.json_pointer or "").split("/")
    return int(steps[2]) if len(steps) > 2 and steps[2].isdecimal() else 10**9
