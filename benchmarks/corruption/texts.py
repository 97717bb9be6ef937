"""Random news-like texts with everything in them that offsets stumble over, and where their words stand."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

WORDS = tuple(
    """
    the a of to in and for on with by from mayor council tenants union drivers ministry court nurses bakers landlords
    parliament said argued warned denied promised rejected welcomed called doubts insists fears that charge cap fare
    tram bridge harbour budget rents market clean-air levy winter spring quarter percent 40 1,200 will would must
    could cost save hurt help cut raise close open build unfair overdue costly popular illegal families shops owners
    """.split()
)
ODD = (
    "“green”", "café", "cafe\u0301s", "naïve", "Ström", "Łódź", "Zürich’s", "👩‍🔧", "👩🏽‍🚒", "🇺🇦",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🔥🔥", "𝒳-ray", "Київ", "北京市", "القاهرة", "שָׁלוֹם", "नमस्ते", "ก็", "a\u0323\u0307",
    "o\u200do", "\u200fעיר\u200f", "\\n", "&amp;", "<b>", "𐍈",
)  # fmt: skip
_BETWEEN = (" ",) * 30 + ("  ", "\t", "\n", "\u00a0", " \n", " – ", ", ")


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the code points at which its words stand, as (start, end) for each word of each paragraph.

    A word begins and ends with no white space, and never inside a grapheme cluster.
    """

    text: str
    paragraphs: tuple[tuple[tuple[int, int], ...], ...]


def text(random: Random, words: int) -> Text:
    """A text of two or more paragraphs, one in eight with carriage returns as a foreign server's items may have."""
    carriage = random.random() < 0.125
    chunks: list[str] = []
    paragraphs: list[tuple[tuple[int, int], ...]] = []
    own: list[tuple[int, int]] = []
    at, left = 0, random.randint(8, min(40, words // 2))
    for number in range(words):
        # The first words are odd ones, so that none of them is missing where a test needs it.
        word = ODD[int(random.random() * len(ODD))] if number < 2 or random.random() < 0.12 else _word(random)
        chunks.append(word)
        own.append((at, at + len(word)))
        at += len(word)
        left -= 1
        if left and number < words - 1:
            between = _BETWEEN[int(random.random() * len(_BETWEEN))]
        else:
            paragraphs.append(tuple(own))
            own, left = [], random.randint(8, 40)
            between = ".\n\n" if number < words - 1 else "."
        if carriage:
            between = between.replace("\n", "\r\n")
        chunks.append(between)
        at += len(between)
    return Text("".join(chunks), tuple(paragraphs))


def _word(random: Random) -> str:
    return WORDS[int(random.random() * len(WORDS))]
