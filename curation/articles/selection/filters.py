"""What an article must be to come into question: its date, outlet, language, length and words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import regex

from curation.errors import CurationError
from curation.text import UNSPACED_CLASS

_DATE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:[T ].*)?", re.DOTALL)
# Where no spaces stand between words, a word is found wherever its characters stand.
_UNSPACED = re.compile(f"[{UNSPACED_CLASS}]")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})

REASONS = (
    "no date", "too early", "too late", "other outlet", "no language", "other language", "too short", "too long",
    "no keyword", "unwanted keyword",
)  # fmt: skip
"""Why filters leave an article out, in the order in which they look."""


class Filtered(Protocol):
    """What filters look at: an `Article` has it all."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def title(self) -> str | None:
        """The title."""

    @property
    def outlet(self) -> str | None:
        """The outlet."""

    @property
    def published_at(self) -> str | None:
        """The date, ISO 8601 where it is one."""

    @property
    def lang(self) -> str | None:
        """The language, BCP 47."""


@dataclass(frozen=True)
class Filters:
    """What an article must be; an empty filter lets everything through.

    `since` and `until` are a year, a month or a day (`2020`, `2020-03`, `2020-03-31`), both inclusive. Dates are
    compared as they are written, in the article's own time zone, as far as both are known: an article of `2020-03` may
    lie in a range that begins on the 15th, and stays. One without a date (or with one that is not ISO 8601) is left out
    by a range unless `undated` is set.
    `outlets` are compared whatever their case. `languages` are BCP 47 tags: `pt` takes `pt-BR` too.
    `shortest` and `longest` count the text's characters (code points), both inclusive.
    Of `keywords` one at least must stand in the title or text, and none of `without`: whole words or phrases, whatever
    their case, with any white space between words; in scripts without spaces, wherever the characters stand.

    Raises `E_USAGE` for a date that is none and for a range that holds nothing.
    """

    since: str | None = None
    until: str | None = None
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    shortest: int | None = None
    longest: int | None = None
    keywords: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    undated: bool = False

    def __post_init__(self) -> None:
        for bound in (self.since, self.until):
            if bound is not None:
                _require_date(bound)
        if self.since and self.until and _before(self.until, self.since):
            raise CurationError("E_USAGE", f"no date is since {self.since} and until {self.until}")
        if self.shortest is not None and self.longest is not None and self.shortest > self.longest:
            raise CurationError(
                "E_USAGE", f"no text has at least {self.shortest} and at most {self.longest} characters"
            )
        for keyword in (*self.keywords, *self.without):
            if not keyword.strip():
                raise CurationError("E_USAGE", "a keyword holds nothing but white space")

    @property
    def reads_texts(self) -> bool:
        """Whether `by_words` has anything to look for; else no text need be loaded."""
        return bool(self.keywords or self.without)

    def refusal(self, article: Filtered) -> str | None:
        """Why the article is left out, one of `REASONS`, or None."""
        return self.by_fields(
            published_at=article.published_at, outlet=article.outlet, lang=article.lang, characters=len(article.text)
        ) or self.by_words(article.title, article.text)

    def by_fields(
        self, *, published_at: str | None, outlet: str | None, lang: str | None, characters: int
    ) -> str | None:
        """Why an article with these fields is left out, whatever its words, or None.

        Takes plain values, so that rows of any source (SQLite, Daft) can be filtered before their texts are loaded.
        """
        return (
            self._by_date(published_at)
            or self._by_outlet(outlet)
            or self._by_language(lang)
            or self._by_length(characters)
        )

    def by_words(self, title: str | None, text: str) -> str | None:
        """Why an article with this title and text is left out for its words, or None."""
        if not self.reads_texts:
            return None
        # A paragraph break between them, which no phrase crosses unless it says so itself.
        words = folded(f"{title or ''}\n\n{text}")
        if self._wanted is not None and not self._wanted.search(words):
            return "no keyword"
        if self._unwanted is not None and self._unwanted.search(words):
            return "unwanted keyword"
        return None

    def _by_date(self, published_at: str | None) -> str | None:
        if self.since is None and self.until is None:
            return None
        day = day_of(published_at)
        if day is None:
            return None if self.undated else "no date"
        if self.since is not None and _before(day, self.since):
            return "too early"
        if self.until is not None and _before(self.until, day):
            return "too late"
        return None

    def _by_outlet(self, outlet: str | None) -> str | None:
        return "other outlet" if self.outlets and folded(outlet or "") not in self._outlets else None

    def _by_language(self, lang: str | None) -> str | None:
        if not self.languages:
            return None
        if not lang:
            return "no language"
        return None if any(speaks(lang, one) for one in self.languages) else "other language"

    def _by_length(self, characters: int) -> str | None:
        if self.shortest is not None and characters < self.shortest:
            return "too short"
        if self.longest is not None and characters > self.longest:
            return "too long"
        return None

    @cached_property
    def _outlets(self) -> frozenset[str]:
        return frozenset(map(folded, self.outlets))

    @cached_property
    def _wanted(self) -> Any:
        return _any_of(self.keywords)

    @cached_property
    def _unwanted(self) -> Any:
        return _any_of(self.without)


def speaks(lang: str | None, tag: str) -> bool:
    """Whether an article's language is that of a BCP 47 tag, or one that the tag takes in."""
    return f"{lang or ''}-".casefold().startswith(f"{tag}-".casefold())


def folded(text: str) -> str:
    """`text` as words are compared: case folded, in NFC, with straight apostrophes."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.casefold()).translate(_APOSTROPHES)


def day_of(published_at: str | None) -> str | None:
    """The year, month or day of a date as far as it is known, or None if it is not ISO 8601."""
    found = _DATE.fullmatch(published_at) if published_at else None
    return found[1] if found else None


def _before(day: str, other: str) -> bool:
    """Whether `day` certainly lies before `other`, each a year, a month or a day."""
    return day[: len(other)] < other[: len(day)]


def _require_date(text: str) -> None:
    try:
        if day_of(text) != text:
            raise ValueError
        date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        message = f"{text!r} is no date: a year, a month or a day is, such as 2020, 2020-03 or 2020-03-31"
        raise CurationError("E_USAGE", message) from None


def _any_of(keywords: Iterable[str]) -> Any:
    patterns = [_pattern(folded(keyword).split()) for keyword in keywords]
    return regex.compile("|".join(patterns)) if patterns else None


def _pattern(words: list[str]) -> str:
    phrase = r"\s+".join(map(regex.escape, words))
    before = "" if _is_edgeless(words[0][0]) else r"(?<!\w)"
    after = "" if _is_edgeless(words[-1][-1]) else r"(?!\w)"
    return before + phrase + after


def _is_edgeless(character: str) -> bool:
    """Whether a word may begin or end here without a border that can be seen."""
    return bool(_UNSPACED.match(character)) or not regex.match(r"\w", character)
