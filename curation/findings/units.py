"""What is wrong with the unit in which a project's offsets are counted, or with the tag whose text they count."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

UNITS: dict[str, FindingKind] = {
    "F_OFFSET_UNIT": FindingKind(
        "error",
        "Offsets count another unit than code points",
        "The texts stored with a project's spans are not at their offsets, and would be if the offsets counted UTF-16 "
        "units, UTF-8 bytes, or line breaks as other systems write them; older versions of Label Studio counted so. "
        "In a workspace one finding stands for all such spans of an annotation, and --json names them; the first of a "
        "project tells the evidence. In an export one stands for the whole project. Where some annotations count one "
        "unit and some another, nothing is converted by majority.",
        "`curation validate --fix-offsets` converts the offsets of the project and checks each span; "
        "`--fix-offsets none` takes that back. The annotations as pulled stay as they are. Of an export, "
        "`curation convert --fix-offsets` does the same.",
        '{"start": 9, "end": 14, "text": "mayor"} where the text is "🌀🌀 the mayor"',
        '{"start": 7, "end": 12, "text": "mayor"}',
    ),
    "F_OFFSET_CONVERTED": FindingKind(
        "warning",
        "Offsets were converted to code points",
        "The annotation's offsets count another unit, and `curation validate --fix-offsets` decided to convert it. "
        "Each span was held against the text stored with it; one that does not fit keeps its error.",
        "Nothing needs to be done; `curation validate --fix-offsets none` takes it back.",
        '{"start": 9, "end": 14, "text": "mayor"} where the text is "🌀🌀 the mayor"',
        '{"start": 7, "end": 12, "text": "mayor"}',
    ),
    "F_TAG_CONVERTED": FindingKind(
        "warning",
        "Spans of another text tag were converted",
        "Spans were marked in a HyperText or Paragraphs object whose plain text is the article's. Their places in it "
        "are exact: all that is stored with them (paths, offsets in the whole page, the text) says the same.",
        "Nothing needs to be done. A Text object in the interface makes the conversion needless.",
        '{"start": "/p[1]/text()[1]", "startOffset": 4, "end": "/p[1]/text()[1]", "endOffset": 9, "text": "mayor"}',
        '{"start": 4, "end": 9, "text": "mayor"}',
    ),
}
