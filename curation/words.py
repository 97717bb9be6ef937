"""Words of a text, whatever its script: where each begins and ends, in code points. No annotation moves them."""

from __future__ import annotations

from functools import cache
from typing import Any

from curation.text import UNSPACED_CLASS

TOKENIZER = "curation-words-1"
"""Names the rules of `words`. Where tokens are published they say by which rules they were made."""

_LETTERS = r"[\p{L}\p{M}\p{N}\p{Pc}--[" + UNSPACED_CLASS + r"]]"
_UNSPACED = "[" + UNSPACED_CLASS + r"]\p{M}*"
# Between letters a format character joins (soft hyphen, zero width joiner and non-joiner); outside it stands alone.
# A sign that is put before others would be one cluster with whatever follows, white space too.
_TOKEN = rf"{_LETTERS}+(?:\p{{Cf}}+{_LETTERS}+)*|{_UNSPACED}|\p{{GCB=Prepend}}|(?!\s)\X"


def words(text: str) -> list[tuple[int, int]]:
    r"""Start and end of every token of `text`. Every character but white space is in exactly one.

    A token is a run of letters, digits, marks and connecting punctuation (`_`); one character, with its marks, of a
    script that sets no spaces between words (Han, kana, Thai, ...); or one other grapheme cluster (UAX #29), such as a
    sign of punctuation or an emoji with what belongs to it. Punctuation always stands alone, as it does for BERT
    (Devlin et al. 2019), so that a mark on a name ends where a token does in "Ida's". The result goes by the text and
    the Unicode data of the library `regex` alone, not by those of Python.
    """
    return [found.span() for found in _pattern().finditer(text)]


@cache
def _pattern() -> Any:
    import regex

    return regex.compile(_TOKEN, regex.VERSION1)
