"""What is wrong around an annotation: its shape, article, annotator, siblings, suggestion."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

SURROUNDINGS: dict[str, FindingKind] = {
    "F_RAW_SCHEMA": FindingKind(
        "error",
        "Not shaped like a Label Studio annotation",
        "The raw document breaks the schema `label-studio-annotation`: a key is missing or has another type, or an "
        "offset is not an integer. Label Studio stores whatever its API is sent.",
        "Open the article in Label Studio, delete the broken annotation and submit it again.",
        wrong='{"value": {"start": 0, "end": 7.0, "labels": ["Actor"]}, "type": "labels"}',
        right='{"value": {"start": 0, "end": 7, "labels": ["Actor"]}, "type": "labels"}',
    ),
    "F_RECORD_SCHEMA": FindingKind(
        "error",
        "Not shaped like a record",
        "The record read from the annotation breaks the schema `annotation`.",
        "Correct the place that the message names in Label Studio and submit again.",
        wrong='{"status": "done", "round": 0}',
        right='{"status": "submitted", "round": 1}',
    ),
    "F_ARTICLE_UNKNOWN": FindingKind(
        "error",
        "No such article",
        "The annotation belongs to an item that carries no `article_id`, or one that this workspace does not know "
        "or has no longer.",
        "Ingest the article, or delete the item in Label Studio.",
        wrong='{"data": {"article_id": "rent-cap-99"}}, and the workspace has rent-cap-01 to rent-cap-12',
        right='{"data": {"article_id": "rent-cap-09", "text": "Tenants cheered."}}',
    ),
    "F_ARTICLE_REFUSED": FindingKind(
        "warning",
        "The article is refused by now",
        "What the article was read from has been read again since, and was refused: the file is empty or broken now. "
        "The workspace keeps the text that it had, which the annotation fits.",
        "See `curation articles refused`, mend the file and ingest it again.",
        wrong="wire.jsonl:3 held the article when it was annotated, and holds no text today",
        right="wire.jsonl:3 still holds the article",
    ),
    "F_TEXT_CHANGED": FindingKind(
        "error",
        "The article's text has changed",
        "The text that the annotator saw is not the article's text of today, so that its offsets count another text. "
        "One finding stands for all spans that are misplaced by it, and names them in --json.",
        "Restore the text in Label Studio, or have the article annotated again.",
        wrong='annotated: "Tenants cheered." The article today: "Some tenants cheered."',
        right='annotated: "Tenants cheered." The article today: "Tenants cheered."',
    ),
    "F_ANNOTATOR_UNKNOWN": FindingKind(
        "error",
        "Nobody annotated it",
        "The annotation names no annotator: its account was deleted before the first pull, or the export leaves people "
        "out.",
        "Assign it to somebody in Label Studio, or export with annotators.",
        wrong='{"completed_by": null}',
        right='{"completed_by": 3}',
    ),
    "F_ANNOTATION_DOUBLED": FindingKind(
        "error",
        "One person, one article, two annotations",
        "The same annotator submitted the same article, or the same item of an export, more than once in one round; it "
        "is not known which one holds.",
        "Delete the superfluous annotation in Label Studio, then pull or export again.",
        wrong="rent-cap-03 by annotator-01: annotations 7 and 9, both submitted",
        right="rent-cap-03 by annotator-01: annotation 9",
    ),
    "F_ANNOTATION_SUPERSEDED": FindingKind(
        "error",
        "The same person annotated the article again in a newer project",
        "The annotator submitted the article in several projects, as after `studio push --new-project`; those of the "
        "project that was worked in last stand, and a newer project's annotation takes this one's place.",
        "Nothing needs to be done; to have this one stand instead, delete the newer annotation and pull again.",
        wrong="rent-cap-03 by annotator-01: this one in project 1, a newer one in project 2",
        right="rent-cap-03 by annotator-01: one in project 2",
    ),
    "F_PARTS_MISSING": FindingKind(
        "warning",
        "A part of a long article is not annotated yet",
        "The annotator submitted some parts of a long article and not all. Datasets hold whole articles: what is there "
        "of this one waits for the rest.",
        "Have the annotator submit the parts that the message names, then pull again.",
        wrong="annotator-01 submitted parts 1 and 3 of 3",
        right="annotator-01 submitted parts 1, 2 and 3 of 3",
    ),
    "F_PARTS_DIFFER": FindingKind(
        "warning",
        "The parts of a long article do not agree",
        "A field of the whole article has different values on the parts that one annotator submitted, beside the value "
        "that task.toml calls silent. Joined, the article has no value there.",
        "Have the annotator give all parts the value that holds for the whole article, or leave it out.",
        wrong="stance_rent_cap: favor on part 1, against on part 2",
        right="stance_rent_cap: favor on part 1, not_addressed on part 2",
    ),
    "F_TIME_IMPOSSIBLE": FindingKind(
        "warning",
        "A time that cannot be",
        "The time spent is less than nothing, or the time of creation is no date and time with an offset from UTC; in "
        "an export, a time of creation or change is no date at all. Label Studio stores what a program or a browser "
        "with a wrong clock sends. Records leave that time out; the tables of an export keep it as it stands.",
        "Nothing needs to be done.",
        wrong='{"lead_time": -4.2, "created_at": "yesterday"}',
        right='{"lead_time": 412.5, "created_at": "2026-03-02T09:14:00Z"}',
    ),
    "F_SUGGESTION_UNTOUCHED": FindingKind(
        "warning",
        "A suggestion submitted as it was",
        "Every part of the annotation comes unchanged from a suggestion: perhaps nobody read it.",
        "Ask the annotator to look again; leave suggestions out of rounds that measure agreement.",
        wrong='all rows {"origin": "prediction"}, just as they were suggested',
        right='a row added, removed or changed: {"origin": "prediction-changed"}',
    ),
}
