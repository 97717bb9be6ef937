"""What is doubtful about an article that was taken in all the same: every code with its meaning and remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteKind:
    """A documented doubt about an article."""

    explanation: str
    fix: str


NOTES: dict[str, NoteKind] = {
    "N_ENCODING": NoteKind(
        "The bytes were not UTF-8; their encoding was detected, which is guesswork.",
        "Look at a few accented letters of the article. If they are wrong, save the source as UTF-8 and read it again.",
    ),
    "N_DATE": NoteKind(
        "The date that the source gives is no date, could be read in more than one way, or lies in the future or "
        "before there were newspapers. Nothing was invented; what the source says is kept.",
        "Correct the date in the source and read it again with --update.",
    ),
    "N_LITTLE_TEXT": NoteKind(
        "Little text was found in a long web page: it may be a teaser, a gallery or a consent screen.",
        "Compare it with the page; leave it out of the selection if it is no article.",
    ),
    "N_BIDI": NoteKind(
        "The text holds invisible characters that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069).",
        "None is needed for reading; if the order of words looks odd on the screen, remove them at the source.",
    ),
    "N_MOJIBAKE": NoteKind(
        "The text looks as if it had been decoded with the wrong charset (as in “cafÃ©”).",
        "Read it again with --fix-mojibake --update, or take it from a better source.",
    ),
}
