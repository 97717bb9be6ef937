"""Which language a text is in, offline, and one tag for each language. The only door to `py3langid`, `langcodes`.

py3langid knows 140 languages, those of Africa among them that others take for their neighbours.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from curation.records import Article

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

CONFIDENCE = 0.5
"""The probability below which the identifier's best guess is none: then all other languages together are as likely."""

_PIECE = 1_000
_SHORTEST = 20
_LETTERS = re.compile(r"[^\W\d_]")
# Languages that are not known and would be taken for the one that is: letters that only the known one writes, and those
# that it does not. Tigrinya has glottalised and opening vowels of its own; Rundi has `vy` and `co` for `by` and `cyo`.
_NEIGHBOURS = {
    "am": (re.compile("አ"), re.compile("[ቐ-ቝኣ]")),
    "rw": (re.compile("cy|by", re.IGNORECASE), re.compile("vy|\\bi?c['’aeou]", re.IGNORECASE)),
}
_UNDETERMINED = ("und", "zxx", "mul", "mis")
_NAMES = {
    name: tag
    for tag, names in {
        "af": "afrikaans", "am": "amharic", "ar": "arabic العربية", "bn": "bengali bangla", "bg": "bulgarian",
        "ca": "catalan català", "zh": "chinese mandarin 中文", "hr": "croatian", "cs": "czech čeština",
        "da": "danish dansk", "nl": "dutch nederlands", "en": "english", "et": "estonian", "fi": "finnish suomi",
        "fr": "french français", "de": "german deutsch", "el": "greek ελληνικά", "gu": "gujarati", "ha": "hausa",
        "he": "hebrew עברית", "hi": "hindi हिन्दी", "hu": "hungarian magyar", "is": "icelandic", "ig": "igbo",
        "id": "indonesian", "ga": "irish", "it": "italian italiano", "ja": "japanese 日本語", "ko": "korean 한국어",
        "rw": "kinyarwanda", "rn": "kirundi rundi", "lv": "latvian", "ln": "lingala", "lt": "lithuanian",
        "lg": "luganda", "mk": "macedonian", "ms": "malay", "mr": "marathi", "my": "burmese", "ne": "nepali",
        "pcm": "pidgin", "no": "norwegian norsk", "om": "oromo", "ps": "pashto", "fa": "persian farsi فارسی",
        "pl": "polish polski", "pt": "portuguese português", "pa": "punjabi", "ro": "romanian română",
        "ru": "russian русский", "sr": "serbian", "sn": "shona", "sk": "slovak", "sl": "slovene slovenian",
        "so": "somali", "es": "spanish español castellano", "sw": "swahili kiswahili", "sv": "swedish svenska",
        "tl": "tagalog filipino", "ta": "tamil", "te": "telugu", "th": "thai ไทย", "ti": "tigrinya",
        "tr": "turkish türkçe", "uk": "ukrainian українська", "ur": "urdu", "vi": "vietnamese", "xh": "xhosa",
        "yo": "yoruba", "zu": "zulu",
    }.items()
    for name in names.split()
}  # fmt: skip


def identify(text: str) -> str | None:
    """The BCP 47 tag of the language that `text` is in; None for one that is not known, or a text that is too short.

    It looks at the first 1,000 characters.
    """
    piece = text[:_PIECE]
    if len(_LETTERS.findall(piece)) < _SHORTEST:
        return None
    found, confidence = _identifier().classify(piece)
    if confidence < CONFIDENCE or found in _UNDETERMINED:
        return None
    if found in _NEIGHBOURS:
        own, foreign = _NEIGHBOURS[found]
        if len(own.findall(piece)) <= len(foreign.findall(piece)):
            return None
    return tag(found)


def with_language(article: Article) -> Article:
    """The article with the language of its text, which is the step "language", if its source gives none."""
    if article.lang is not None:
        return article
    found = identify(article.text)
    return article if found is None else replace(article, lang=found, steps=(*article.steps, "language"))


@lru_cache(maxsize=1024)
def tag(given: str) -> str | None:
    """The BCP 47 tag for a language as a source names it: "eng", "en_US", "English".

    What is not known comes back as it is; None for "und" and others that say that there is no one language.
    """
    from langcodes import standardize_tag, tag_is_valid
    from langcodes.tag_parser import LanguageTagError

    known = _NAMES.get(given.casefold())
    if known is not None:
        return known
    try:
        standard = standardize_tag(given)
        if standard.partition("-")[0] in _UNDETERMINED:
            return None
        return standard if tag_is_valid(standard) else given
    except LanguageTagError:
        return given


@cache
def _identifier() -> LanguageIdentifier:
    # The function that the package offers for this shares one identifier, whose languages anybody may restrict.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
