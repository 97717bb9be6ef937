"""What is striking in how one person annotates, across articles."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

PEOPLE: dict[str, FindingKind] = {
    "F_HASTE": FindingKind(
        "warning",
        "Ten articles a minute",
        "An annotator submitted ten or more articles within a minute: six seconds leave no time to read one. The time "
        "spent that Label Studio counted says so, or where it is not known the times of submission; ten within five "
        "seconds are a program's import, of which nothing is said. The finding stands at the first of them.",
        "Ask the annotator, look at some of them, and have them annotated again where nobody read.",
        wrong="10 articles from 09:14:00 to 09:14:41, 4 seconds spent on each",
        right="10 articles from 09:14:00 to 10:02:17, 290 seconds spent on each",
    ),
    "F_ANSWER_CONSTANT": FindingKind(
        "warning",
        "Always the same answer",
        "An annotator gave one and the same value to a field in every one of at least 20 articles, and others gave "
        "another one to at least a quarter of them. Where nearly all articles are alike nothing is said. The finding "
        "stands at the first of them.",
        "Look at some of the articles on which others differ, and talk about the field's entry in the codebook.",
        wrong="stance_rent_cap: favor, favor, favor, favor, ... 20 times (others: favor, against, neutral, ...)",
        right="stance_rent_cap: favor, against, neutral, favor, ...",
    ),
    "F_NOTHING_MARKED": FindingKind(
        "warning",
        "Nothing is ever marked",
        "An annotator marked no span in any of at least ten articles, and others marked something in at least half of "
        "them. The finding stands at the first of them.",
        "Show the annotator how to mark a span, and have the articles annotated again.",
        wrong="10 articles, 0 mentions (others: 47)",
        right="10 articles, 44 mentions",
    ),
}
