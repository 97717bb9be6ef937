"""What is doubtful about an article that was taken in all the same: every code with its meaning and remedy."""

from __future__ import annotations

from curation.articles.kinds import Kind

NOTES: dict[str, Kind] = {
    "N_ENCODING": Kind(
        "The bytes were not UTF-8; their encoding was detected, which is guesswork.",
        "Look at a few accented letters of the article. If they are wrong, save the source as UTF-8 and read it again.",
    ),
    "N_DATE": Kind(
        "The date that the source gives is no date, could be read in more than one way, or lies in the future or "
        "before there were newspapers. Nothing was invented; what the source says is kept.",
        "Correct the date in the source and read it again with --update.",
    ),
    "N_DATE_MISSING": Kind(
        "The source has a column of dates, and nothing stands in it for this article.",
        "Nothing has to be done; `curation select` with dates leaves the article out.",
    ),
    "N_LITTLE_TEXT": Kind(
        "Little text was found in a long web page: it may be a teaser, a gallery or a consent screen. Or its "
        "paragraphs are all short, beside many headlines that are links: it may be a front page.",
        "Compare it with the page; leave it out of the selection if it is no article.",
    ),
    "N_CELL_FULL": Kind(
        "The text fills a spreadsheet's cell to its limit of 32,767 characters: what was longer has been cut off by "
        "the program that wrote the spreadsheet.",
        "Look at the end of the article; take it from the source of the spreadsheet, as .csv, .jsonl or .parquet.",
    ),
    "N_BIDI": Kind(
        "The text holds invisible characters that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069).",
        "None is needed for reading; if the order of words looks odd on the screen, remove them at the source.",
    ),
    "N_MOJIBAKE": Kind(
        "The text looks as if it had been decoded with the wrong charset (as in “cafÃ©”).",
        "Read it again with --fix-mojibake --update, or take it from a better source.",
    ),
}
