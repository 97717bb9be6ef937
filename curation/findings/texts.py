"""What could not be put back into a dataset that was published without its texts."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

TEXTS: dict[str, FindingKind] = {
    "F_TEXT_ABSENT": FindingKind(
        "error",
        "An article of the dataset that is not there",
        "None of the articles that were given to `curation rehydrate` has the text, the id or the address of this one. "
        "Rows about it are left out of the copy.",
        "Give the article too, with one more --articles; its address in the config `articles` tells where it was.",
        wrong="rent-cap-09 is published with its hash, and archive/ holds rent-cap-01 to rent-cap-08",
        right="archive/ holds rent-cap-09 too",
    ),
    "F_TEXT_DIFFERS": FindingKind(
        "error",
        "An article of the dataset with another text",
        "An article has the published id or address, but its text has another hash: it was edited since, or cleaned "
        "otherwise. Offsets would not fit. Rows about it are left out of the copy.",
        "Give the text as it was when it was annotated; --map, --encoding and --fix-mojibake change how it is read.",
        wrong="the text is “Tenants cheered. (Updated)”, and the hash is that of “Tenants cheered.”",
        right="the text is “Tenants cheered.”",
    ),
    "F_TITLE_DIFFERS": FindingKind(
        "warning",
        "A title that is not the published one",
        "The text of an article was found, but no title that came with it has the published hash: there was none, or "
        "it was edited. The rows are there, and the title in them is null.",
        "Give the article with the title that it had; --map title=COLUMN names the column of a table that has it.",
        wrong="a file of text alone, of an article whose title has a published hash",
        right='{"title": "Tenants cheer", "text": "Tenants cheered."}',
    ),
}
