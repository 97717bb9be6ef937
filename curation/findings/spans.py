"""What is wrong with marked spans: their labels, offsets, texts and edges."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

SPANS: dict[str, FindingKind] = {
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
}
