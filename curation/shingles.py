"""How similar two texts are: the words in threes that they have in common. Pure functions.

A word is a run of letters, marks and digits, casefolded. Where a script sets no spaces between words (Chinese,
Japanese, Thai, Lao, Khmer, Burmese), each character is one. Three words in a row are a shingle. The Jaccard similarity
of two texts is that of their sets of shingles (Broder 1997, On the resemblance and containment of documents).
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from curation.text import UNSPACED

WORDS = 3
"""Words in a shingle."""

Hashes = NDArray[np.uint64]

_GOLDEN, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_HALF, _THIRD = np.uint64(32), np.uint64(29)
_USUAL_LENGTH = 1 << 15

_GAP, _LETTER, _ALONE, _SPACE = range(4)


def shingles(text: str) -> Hashes:
    """The hashes of the text's shingles, sorted, each once. A text of fewer words is one shingle as it is."""
    found = np.sort(shingled(*folded(text)))
    first = np.concatenate(([True], found[1:] != found[:-1]))
    once: Hashes = found[first]
    return once


def jaccard(one: Hashes, other: Hashes) -> float:
    """The Jaccard similarity of two results of `shingles`, in [0, 1]: shared ones by all of them."""
    both = np.concatenate((one, other))
    both.sort(kind="stable")  # two sorted runs: merged in linear time
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)


@cache
def _kinds() -> NDArray[np.uint8]:
    """The kind of every code point. By Unicode's categories, for `\\w` misses the marks that many scripts write with.

    Beyond the basic plane, symbols and emoji stand between words, and the rarer Han characters are one each.
    """
    kinds = np.full(0x110000, _LETTER, np.uint8)
    for start, end in UNSPACED:
        kinds[start : end + 1] = _ALONE
    for code in range(0x10000):
        category = unicodedata.category(chr(code))
        if chr(code).isspace():
            kinds[code] = _SPACE
        elif category[0] in "PSZ" or category in ("Cc", "Cf"):
            kinds[code] = _GAP
    kinds[0x1F000:0x20000] = _GAP
    return kinds


def folded(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """The code points of a text in casefolded form with every run of white space as one space, and their kinds."""
    codes = np.frombuffer(text.casefold().encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _kinds()[codes]
    space = kinds == _SPACE
    wanted = ~space
    wanted[1:] |= wanted[:-1]  # the first of a run of spaces stays, but at the beginning
    codes, kinds = np.where(space, np.uint32(0x20), codes)[wanted], kinds[wanted]
    end = len(kinds) - 1 if len(kinds) and kinds[-1] == _SPACE else len(kinds)
    return codes[:end], kinds[:end]


@cache
def _usual_powers() -> tuple[Hashes, Hashes]:
    return _powers(_USUAL_LENGTH)


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The powers of an odd number modulo 2^64, from 1 on, and their inverses."""
    both = []
    for base in (int(_PRIME), pow(int(_PRIME), -1, 1 << 64)):
        factors = np.full(count, base, np.uint64)
        factors[0] = 1
        both.append(np.multiply.accumulate(factors))
    return both[0], both[1]


def _words(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> Hashes:
    """A hash for every word, in the order of the text; of all that there is where that holds no word.

    It is a polynomial of the word's mixed code points, as in Karp and Rabin (1987), read off sums over the whole text.
    """
    letter, alone = kinds == _LETTER, kinds == _ALONE
    starts, ends = letter.copy(), letter.copy()
    starts[1:] &= ~letter[:-1]
    ends[:-1] &= ~letter[1:]
    first, last = np.flatnonzero(starts | alone), np.flatnonzero(ends | alone)
    if not len(first):
        first, last = np.array([0]), np.array([len(codes) - 1])
    powers, inverses = _usual_powers() if len(codes) < _USUAL_LENGTH else _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    values = mixed((codes + np.uint32(1)) * _GOLDEN)
    values *= powers[: len(codes)]
    np.cumsum(values, out=sums[1:])
    return mixed((sums[last + 1] - sums[first]) * inverses[first])


def shingled(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> Hashes:
    """A hash for every shingle of a folded text, as often as it occurs; at least one."""
    words = _words(codes, kinds)
    if len(words) < WORDS:
        words = np.concatenate((words, np.zeros(WORDS - len(words), np.uint64)))
    found = words[:-2] * _GOLDEN
    found += words[1:-1]
    found *= _PRIME
    found += words[2:]
    return mixed(found)


def mixed(hashes: Hashes) -> Hashes:
    """Each bit of the result depends on all of the number's. Works in place."""
    hashes ^= hashes >> _THIRD
    hashes *= _GOLDEN
    hashes ^= hashes >> _HALF
    return hashes
