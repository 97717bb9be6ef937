"""What is wrong with a file that was exported from Label Studio, beyond its annotations."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

_MARKED = (
    '"annotations": [{"id": 9, "completed_by": 1, "result": [{"id": "m1", "from_name": "label", "to_name": "text", '
    '"type": "labels", "value": {"start": 0, "end": 4, "text": "Rain", "labels": ["Weather"]}}]}]'
)

_JSON: dict[str, FindingKind] = {
    "F_JSON_SYNTAX": FindingKind(
        "error",
        "No JSON",
        "A mark is missing, one too many, or stands where none belongs. What is around it was read; what could not be "
        "is kept as it stands in unread.jsonl.",
        "Export again; a file that was edited or joined by hand has to be valid JSON.",
        wrong='[{"id": 7 "data": {"text": "Rain."}}]',
        right='[{"id": 7, "data": {"text": "Rain."}}]',
    ),
    "F_JSON_CUT": FindingKind(
        "error",
        "JSON that ends too early",
        "The file, or an item in it, ends before all its brackets and texts are closed, as after a download that was "
        "interrupted. What stood before the cut was read; its last item is not complete.",
        "Download the export again.",
        wrong='[{"id": 7, "data": {"text": "Rai',
        right='[{"id": 7, "data": {"text": "Rain."}}]',
    ),
    "F_JSON_DUPLICATE_KEY": FindingKind(
        "error",
        "A key that is given twice",
        "An object has the same key more than once. The last value counts, as it does for most readers; the earlier "
        "ones are kept in unread.jsonl.",
        "Find out which value is meant, and remove the other one from the file.",
        wrong='[{"id": 7, "data": {"text": "Rain.", "text": "Sun."}}]',
        right='[{"id": 7, "data": {"text": "Sun."}}]',
    ),
    "F_JSON_NUMBER": FindingKind(
        "error",
        "A number that is none",
        "NaN and Infinity are not JSON, and become null. A number that is too long or too large for any reader is kept "
        "as text.",
        "Correct the program that wrote the number.",
        wrong='[{"id": 7, "data": {"text": "Rain.", "millimetres": NaN}}]',
        right='[{"id": 7, "data": {"text": "Rain.", "millimetres": null}}]',
    ),
    "F_JSON_SURROGATE": FindingKind(
        "error",
        "Half a character",
        "A text holds one half of a pair of UTF-16 units (a lone surrogate), which is no character: often an emoji "
        "that was cut in two. U+FFFD stands in its place, so that offsets stay as they are; the text as it was written "
        "is kept in unread.jsonl.",
        "Correct the text where it was cut; in Label Studio such an item makes whole exports fail.",
        wrong='[{"id": 7, "data": {"text": "Rain \\ud83c"}}]',
        right='[{"id": 7, "data": {"text": "Rain \\ud83c\\udf27"}}]',
    ),
    "F_JSON_UTF8": FindingKind(
        "error",
        "Bytes that are no UTF-8",
        "The file holds bytes that mean nothing in UTF-8, the encoding of JSON. U+FFFD stands in their place; the text "
        "as it was written is kept in unread.jsonl.",
        "Export again, and let no editor save the file in another encoding.",
        wrong='[{"id": 7, "data": {"text": "café"}}] in Windows-1252, where é is the byte E9',
        right='[{"id": 7, "data": {"text": "café"}}] in UTF-8, where é is the bytes C3 A9',
    ),
    "F_JSON_DEPTH": FindingKind(
        "error",
        "JSON that is nested too deeply",
        "Objects and arrays stand within each other deeper than programs can follow. What lies deeper is kept as text.",
        "Look what wrote it: no annotation is nested like that.",
        wrong='[{"id": 7, "data": {"text": "Rain.", "deep": [[[[ ... 200,000 deep ... ]]]]}}]',
        right='[{"id": 7, "data": {"text": "Rain.", "deep": [[[[ ... 100 deep ... ]]]]}}]',
    ),
    "F_JSON_BOM": FindingKind(
        "warning",
        "A byte order mark",
        "The file begins with a byte order mark, which JSON does not allow and many readers refuse. It was left out.",
        "Nothing has to be done. Save the file without it to use it elsewhere.",
        wrong='the bytes EF BB BF, then [{"id": 7, "data": {"text": "Rain."}}]',
        right='[{"id": 7, "data": {"text": "Rain."}}]',
    ),
    "F_JSON_ENCODING": FindingKind(
        "warning",
        "JSON that is not in UTF-8",
        "The file is in UTF-16 or UTF-32, and JSON is UTF-8. It was read as what it is; places in it count the bytes "
        "that it would have in UTF-8.",
        "Nothing has to be done. Save the file in UTF-8 to use it elsewhere.",
        wrong='[{"id": 7, "data": {"text": "Rain."}}] in UTF-16, which begins with the bytes FF FE 5B 00',
        right='[{"id": 7, "data": {"text": "Rain."}}] in UTF-8, which begins with the byte 5B',
    ),
}

_LACKING: dict[str, FindingKind] = {
    "F_EXPORT_EMPTY": FindingKind(
        "error",
        "An export without items",
        "The file holds no item, so that there is nothing to convert.",
        "Export again; in Label Studio, see that the tab or filter that is exported shows items.",
        wrong="[]",
        right='[{"id": 7, "data": {"text": "Rain."}}]',
    ),
    "F_EXPORT_ITEM": FindingKind(
        "error",
        "An item that is none",
        "An item of an export is a JSON object with data. This is something else, and is kept in unread.jsonl.",
        "Export again as JSON; if the file was made by a program, see what it writes there.",
        wrong='[{"id": 7, "data": {"text": "Rain."}}, null]',
        right='[{"id": 7, "data": {"text": "Rain."}}]',
    ),
    "F_EXPORT_ID": FindingKind(
        "warning",
        "An id that is missing or given twice",
        "Rows of several tables are joined by the ids of items and annotations. One has none, none that is an integer, "
        "or one that another has already. A negative number stands in for it, and what was given is kept.",
        "If two exports were joined, convert them one by one; else nothing needs to be done.",
        wrong='[{"id": 7, "data": {"text": "Rain."}}, {"id": 7, "data": {"text": "Sun."}}]',
        right='[{"id": 7, "data": {"text": "Rain."}}, {"id": 8, "data": {"text": "Sun."}}]',
    ),
    "F_EXPORT_TEXT": FindingKind(
        "error",
        "The annotated text is not there",
        "Spans of an item were marked in a text that the item does not hold, or not so that it can be read: it lies at "
        "an address, under another key, or in a page whose text is not certain. What is marked cannot be told.",
        "Give the project's own interface with --interface, by which it is known which key holds the text; a text at "
        "an address has to be written into the item, which is then exported again.",
        wrong=f'[{{"id": 7, "data": {{"url": "https://news.example/7"}}, {_MARKED}}}]',
        right=f'[{{"id": 7, "data": {{"text": "Rain."}}, {_MARKED}}}]',
    ),
    "F_EXPORT_MINIMAL": FindingKind(
        "warning",
        "A minimal export",
        "The file was exported as JSON-MIN, which leaves out relations, the ids of regions, what belongs to which "
        "region, skipped annotations and predictions. All that is in it was converted.",
        "Export again as JSON, which holds everything.",
        wrong='[{"id": 7, "text": "Rain.", "label": [{"start": 0, "end": 4, "text": "Rain", "labels": ["Weather"]}], '
        '"annotator": 1, "annotation_id": 9}]',
        right=f'[{{"id": 7, "data": {{"text": "Rain."}}, {_MARKED}}}]',
    ),
}

EXPORTS: dict[str, FindingKind] = {**_JSON, **_LACKING}
