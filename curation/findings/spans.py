"""What is wrong with marked spans: their labels, offsets, texts and edges."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

SPANS: dict[str, FindingKind] = {
    "F_TAG_UNSUPPORTED": FindingKind(
        "error",
        "Offsets of another text tag",
        "The span was marked in a HyperText or Paragraphs object, and its place in the article's plain text is not "
        "certain: the object's text is not the article's, or what is stored with the span does not agree. Those with a "
        "certain place are converted (F_TAG_CONVERTED).",
        "Use a Text object in the interface; it works for long articles of many paragraphs.",
        wrong='{"type": "hypertextlabels", "value": {"start": "/p[1]/text()[1]", "startOffset": 6, ...}}',
        right='{"type": "labels", "value": {"start": 6, "end": 16, "text": "Elena Moss", "labels": ["Actor"]}}',
    ),
    "F_LABEL_UNKNOWN": FindingKind(
        "error",
        "A label that is not declared",
        "A mention carries a label that task.toml, or the interface of an export, does not declare.",
        "Give the mention a declared label, or declare this one: in the interface, and in a workspace in codebook.md "
        "and task.toml too.",
        wrong='{"type": "labels", "value": {"start": 6, "end": 16, "labels": ["Party"]}}',
        right='{"type": "labels", "value": {"start": 6, "end": 16, "labels": ["Actor"]}}',
    ),
    "F_REGION_DUPLICATE_ID": FindingKind(
        "error",
        "Two spans with one id",
        "Two spans share an id, so that relations and attributes cannot tell them apart.",
        "Delete one of them in Label Studio and mark it again.",
        wrong='{"id": "m1", "type": "labels", ...} at 6–16 and {"id": "m1", "type": "labels", ...} at 40–55',
        right='{"id": "m1", "type": "labels", ...} at 6–16 and {"id": "m2", "type": "labels", ...} at 40–55',
    ),
    "F_OFFSET_RANGE": FindingKind(
        "error",
        "Offsets outside the text",
        "A span does not satisfy 0 <= start < end <= length of the text.",
        "Delete the mention in Label Studio and mark it again.",
        wrong='{"start": 16, "end": 6} or {"start": 90, "end": 120}, of a text of 100 characters',
        right='{"start": 6, "end": 16}',
    ),
    "F_TEXT_MISMATCH": FindingKind(
        "error",
        "The marked text is not at its offsets",
        "The text that Label Studio stored with a span is not the article's text between its offsets.",
        "Delete the mention in Label Studio and mark it again; if many are wrong, the offsets count another unit "
        "(F_OFFSET_UNIT).",
        wrong='{"start": 5, "end": 15, "text": "Elena Moss"}, where the article has “ Elena Mos”',
        right='{"start": 6, "end": 16, "text": "Elena Moss"}',
    ),
    "F_TEXT_WHITESPACE": FindingKind(
        "warning",
        "The marked text differs in white space",
        "The text that Label Studio stored with a span differs from the article's in white space alone. The message "
        "shows by signs where: ␣ is a space, ⏎ a line break, ⇥ a tab.",
        "Nothing needs to be done; the article's text between the offsets is what is published.",
        wrong='{"start": 6, "end": 16, "text": "Elena Moss"}, where the article has a line break between the words',
        right='{"start": 6, "end": 16, "text": "Elena\\nMoss"}',
    ),
    "F_SPAN_DUPLICATE": FindingKind(
        "error",
        "The same span twice",
        "Two mentions have the same label and the same offsets.",
        "Delete one of them; draw its relations from the other.",
        wrong="Actor “Elena Moss” (6–16), and Actor “Elena Moss” (6–16) once more",
        right="Actor “Elena Moss” (6–16)",
    ),
    "F_SPAN_EDGES": FindingKind(
        "warning",
        "White space at the edge of a span",
        "A mention begins or ends with white space.",
        "Mark it again without the white space.",
        wrong="Actor “Elena Moss ” (6–17)",
        right="Actor “Elena Moss” (6–16)",
    ),
    "F_SPAN_PARAGRAPH": FindingKind(
        "warning",
        "A span across paragraphs",
        "A mention contains a blank line.",
        "Mark each paragraph's part and join them by a relation, if the codebook has one.",
        wrong="Claim “rents will fall. (blank line) Moss disagreed”",
        right="Claim “rents will fall”",
    ),
    "F_SPAN_GRAPHEME": FindingKind(
        "warning",
        "A span that cuts a character",
        "A mention begins or ends inside what a reader sees as one character, such as an emoji with a modifier.",
        "Mark it again with the whole character.",
        wrong="Claim “it works 👩” of “it works 👩🏽‍🔧”",
        right="Claim “it works 👩🏽‍🔧”",
    ),
}
