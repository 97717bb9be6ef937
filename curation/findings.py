"""Every kind of finding: its stable code, severity, what it means and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from curation.records import Finding, Severity


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A documented kind of finding. `error` quarantines the annotation, `warning` does not."""

    severity: Severity
    title: str
    explanation: str
    fix: str


FINDINGS: dict[str, FindingKind] = {
    "F_RAW_SCHEMA": FindingKind(
        "error",
        "Not shaped like a Label Studio annotation",
        "The raw document breaks the schema `label-studio-annotation`: a key is missing or has another type, or an "
        "offset is not an integer. Label Studio stores whatever its API is sent.",
        "Open the article in Label Studio, delete the broken annotation and submit it again.",
    ),
    "F_RECORD_SCHEMA": FindingKind(
        "error",
        "Not shaped like a record",
        "The record read from the annotation breaks the schema `annotation`.",
        "Correct the place that the message names in Label Studio and submit again.",
    ),
    "F_ARTICLE_UNKNOWN": FindingKind(
        "error",
        "No such article",
        "The annotation belongs to an item that carries no `article_id`, or one that this workspace does not know.",
        "Ingest the article, or delete the item in Label Studio.",
    ),
    "F_TEXT_CHANGED": FindingKind(
        "error",
        "The article's text has changed",
        "The text that the annotator saw is not the article's text of today, so that its offsets count another text.",
        "Restore the text in Label Studio, or have the article annotated again.",
    ),
    "F_ANNOTATOR_UNKNOWN": FindingKind(
        "error",
        "Nobody annotated it",
        "The annotation names no annotator: its account was deleted, or the export leaves people out.",
        "Assign it to somebody in Label Studio, or export with annotators.",
    ),
    "F_ANNOTATION_DOUBLED": FindingKind(
        "error",
        "One person, one article, two annotations",
        "The same annotator submitted the same article more than once in one round; it is not known which one holds.",
        "Delete the superfluous annotation in Label Studio, then pull again.",
    ),
    "F_ANNOTATION_SUPERSEDED": FindingKind(
        "error",
        "The same person annotated the article again in a newer project",
        "The annotator submitted the article in several projects, as after `studio push --new-project`; those of the "
        "project that was worked in last stand, and a newer project's annotation takes this one's place.",
        "Nothing needs to be done; to have this one stand instead, delete the newer annotation and pull again.",
    ),
    "F_CONTROL_UNKNOWN": FindingKind(
        "error",
        "A control that the task does not declare",
        "The annotation has a value of a control that task.toml does not name: it was made with another interface.",
        "Add the control to task.toml, or remove the value in Label Studio.",
    ),
    "F_TAG_UNSUPPORTED": FindingKind(
        "error",
        "Offsets of another text tag",
        "The span was marked in a HyperText or Paragraphs object, whose offsets do not count the article's text.",
        "Use a Text object in the interface; it works for long articles of many paragraphs.",
    ),
    "F_LABEL_UNKNOWN": FindingKind(
        "error",
        "A label that the task does not have",
        "A mention carries a label that task.toml does not declare.",
        "Give the mention a label of the codebook, or add the label to task.toml, interface and codebook.",
    ),
    "F_VALUE_UNKNOWN": FindingKind(
        "error",
        "A value that the field does not have",
        "A field holds a value that task.toml does not list for it.",
        "Choose a value of the codebook, or append the value in task.toml, interface and codebook.",
    ),
    "F_CARDINALITY": FindingKind(
        "error",
        "Too many values, or an empty one",
        "A field of one value holds several or none, a mention has several labels or none, or a relation several.",
        "Keep exactly one.",
    ),
    "F_REQUIRED_MISSING": FindingKind(
        "error",
        "A required field is empty",
        "A field that task.toml requires has no value.",
        "Select the mention (or the article's form) in Label Studio, fill the field and submit again.",
    ),
    "F_PATTERN": FindingKind(
        "error",
        "A text that does not look as it must",
        "A text field does not match its pattern in task.toml, such as a Wikidata id that is not Q and a number.",
        "Correct the text, or leave the field empty.",
    ),
    "F_ATTRIBUTE_ORPHAN": FindingKind(
        "error",
        "An attribute without its mention",
        "An attribute row has the id of no span in the annotation.",
        "Mark the span again and set its attributes.",
    ),
    "F_ATTRIBUTE_OFFSETS": FindingKind(
        "error",
        "An attribute elsewhere than its mention",
        "An attribute row repeats other offsets than the span with its id.",
        "Delete the mention in Label Studio, mark it again and set its attributes.",
    ),
    "F_ATTRIBUTE_LABEL": FindingKind(
        "error",
        "An attribute of another label",
        "A mention carries an attribute that belongs to another label: it was relabelled afterwards.",
        "Delete the mention in Label Studio, mark it again with the right label.",
    ),
    "F_REGION_DUPLICATE_ID": FindingKind(
        "error",
        "Two spans with one id",
        "Two spans share an id, so that relations and attributes cannot tell them apart.",
        "Delete one of them in Label Studio and mark it again.",
    ),
    "F_OFFSET_RANGE": FindingKind(
        "error",
        "Offsets outside the text",
        "A span does not satisfy 0 <= start < end <= length of the text.",
        "Delete the mention in Label Studio and mark it again.",
    ),
    "F_TEXT_MISMATCH": FindingKind(
        "error",
        "The marked text is not at its offsets",
        "The text that Label Studio stored with a span is not the article's text between its offsets.",
        "Delete the mention in Label Studio and mark it again; if many are wrong, the offsets count another unit.",
    ),
    "F_TEXT_WHITESPACE": FindingKind(
        "warning",
        "The marked text differs in white space",
        "The text that Label Studio stored with a span differs from the article's in white space alone.",
        "Nothing needs to be done; the article's text between the offsets is what is published.",
    ),
    "F_SPAN_DUPLICATE": FindingKind(
        "error",
        "The same span twice",
        "Two mentions have the same label and the same offsets.",
        "Delete one of them; draw its relations from the other.",
    ),
    "F_SPAN_EDGES": FindingKind(
        "warning",
        "White space at the edge of a span",
        "A mention begins or ends with white space.",
        "Mark it again without the white space.",
    ),
    "F_SPAN_PARAGRAPH": FindingKind(
        "warning",
        "A span across paragraphs",
        "A mention contains a blank line.",
        "Mark each paragraph's part and join them by a relation, if the codebook has one.",
    ),
    "F_SPAN_GRAPHEME": FindingKind(
        "warning",
        "A span that cuts a character",
        "A mention begins or ends inside what a reader sees as one character, such as an emoji with a modifier.",
        "Mark it again with the whole character.",
    ),
    "F_RELATION_DANGLING": FindingKind(
        "error",
        "A relation to nothing",
        "An end of a relation is not a mention of the same annotation.",
        "Delete the relation and draw it again.",
    ),
    "F_RELATION_SELF": FindingKind(
        "error",
        "A relation of a mention to itself",
        "Both ends of a relation are the same mention.",
        "Delete the relation.",
    ),
    "F_RELATION_UNLABELLED": FindingKind(
        "error",
        "A relation without a label",
        "The annotator drew an arrow and picked no label for it.",
        "Pick the label in the Relations panel.",
    ),
    "F_RELATION_UNKNOWN": FindingKind(
        "error",
        "A relation label that the task does not have",
        "A relation carries a label that task.toml does not declare.",
        "Pick a label of the codebook in the Relations panel.",
    ),
    "F_RELATION_ENDS": FindingKind(
        "error",
        "A relation between the wrong labels",
        "task.toml does not allow a relation of this label from the one label to the other; often it points backwards.",
        "Turn the arrow round in the Relations panel, or pick another label.",
    ),
    "F_RELATION_DUPLICATE": FindingKind(
        "error",
        "The same relation twice",
        "Two relations have the same ends and the same label.",
        "Delete one of them.",
    ),
    "F_HOLDER_MISSING": FindingKind(
        "error",
        "Nobody holds it",
        "A mention that needs a holder has no relation from one, continues none that has, is not marked unnamed.",
        "Relate its holder to it, or tick that the article leaves the holder unnamed.",
    ),
    "F_PARTS_MISSING": FindingKind(
        "warning",
        "A part of a long article is not annotated yet",
        "The annotator submitted some parts of a long article and not all. Datasets hold whole articles: what is there "
        "of this one waits for the rest.",
        "Have the annotator submit the parts that the message names, then pull again.",
    ),
    "F_PARTS_DIFFER": FindingKind(
        "warning",
        "The parts of a long article do not agree",
        "A field of the whole article has different values on the parts that one annotator submitted, beside the value "
        "that task.toml calls silent. Joined, the article has no value there.",
        "Have the annotator give all parts the value that holds for the whole article, or leave it out.",
    ),
    "F_SUGGESTION_UNTOUCHED": FindingKind(
        "warning",
        "A suggestion submitted as it was",
        "Every part of the annotation comes unchanged from a suggestion: perhaps nobody read it.",
        "Ask the annotator to look again; leave suggestions out of rounds that measure agreement.",
    ),
}


def finding(
    code: str,
    message: str,
    *,
    region: str | None = None,
    json_pointer: str | None = None,
    fix: str | None = None,
) -> Finding:
    """A finding of a known kind; `locate` adds where it belongs."""
    kind = FINDINGS[code]
    return Finding(code, kind.severity, message, fix or kind.fix, region=region, json_pointer=json_pointer)


def locate(
    found: Finding, *, annotation: str, article_id: str | None, annotator: str | None, url: str | None
) -> Finding:
    """The same finding with the annotation, article, annotator and URL that it belongs to."""
    return replace(found, annotation=annotation, article_id=article_id, annotator=annotator, url=url)
