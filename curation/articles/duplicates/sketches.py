"""What copies are found by: shingles of words, and sketches of them that are quick to compare. Pure functions.

A word is a run of letters, marks and digits, casefolded. Where a script sets no spaces between words (Chinese,
Japanese, Thai, Lao, Khmer, Burmese), each character is one. Three words in a row are a shingle. The Jaccard similarity
of two texts is that of their sets of shingles (Broder 1997, On the resemblance and containment of documents).

A sketch holds 128 minima under affine permutations of 32-bit hashes, in 32 bands of 4 (Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, section 3.4): two texts of similarity s have a band in common with probability
1 - (1 - s^4)^32, which is 0.9998 at 0.7 and 0.56 at 0.4.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import xxhash
from numpy.typing import NDArray

from curation.text import UNSPACED

BANDS = 32
"""Bands of a sketch."""

ROWS = 4
"""Minima in a band."""

MADE_WITH = f"minhash {BANDS}x{ROWS}, 3 words, 1; Unicode {unicodedata.unidata_version}"
"""What a sketch depends on beside the text. Sketches made with anything else cannot be compared."""

Hashes = NDArray[np.uint64]

_WORDS = 3
_PERMUTATIONS = BANDS * ROWS
_FACTORS = np.array([xxhash.xxh32_intdigest(b"a%d" % n) | 1 for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_OFFSETS = np.array([xxhash.xxh32_intdigest(b"b%d" % n) for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_GOLDEN, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_HALF, _THIRD = np.uint64(32), np.uint64(29)
# Shingles that are permuted at once: 128 times as many numbers fit into a core's cache.
_AT_ONCE = 1024
_USUAL_LENGTH = 1 << 15

_GAP, _LETTER, _ALONE, _SPACE = range(4)


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of some texts, in their order.

    `folded` are 16-byte hashes of the texts in casefolded form with every run of white space as one space. `bands` has
    a row for each text and a 64-bit hash for each band.
    """

    folded: list[bytes]
    bands: Hashes


def shingles(text: str) -> Hashes:
    """The hashes of the text's shingles, sorted, each once. A text of fewer words is one shingle as it is."""
    found = np.sort(_shingles(*_folded(text)))
    first = np.concatenate(([True], found[1:] != found[:-1]))
    once: Hashes = found[first]
    return once


def jaccard(one: Hashes, other: Hashes) -> float:
    """The Jaccard similarity of two results of `shingles`, in [0, 1]: shared ones by all of them."""
    both = np.concatenate((one, other))
    both.sort(kind="stable")  # two sorted runs: merged in linear time
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)


def sketch(texts: Iterable[str]) -> Sketches:
    """The sketches of `texts`. The same text has the same sketch everywhere, whatever the case and the white space."""
    hashes: list[bytes] = []
    minima: list[NDArray[np.uint32]] = []
    scratch = np.empty(_PERMUTATIONS * _AT_ONCE, np.uint32)
    for text in texts:
        codes, kinds = _folded(text)
        hashes.append(xxhash.xxh3_128_digest(codes.astype("<u4").tobytes()))
        minima.append(_minima(_shingles(codes, kinds), scratch))
    return Sketches(hashes, _bands(np.array(minima, np.uint32).reshape(-1, BANDS, ROWS)))


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


def _folded(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
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
    values = _mixed((codes + np.uint32(1)) * _GOLDEN)
    values *= powers[: len(codes)]
    np.cumsum(values, out=sums[1:])
    return _mixed((sums[last + 1] - sums[first]) * inverses[first])


def _shingles(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> Hashes:
    """A hash for every shingle of a folded text, as often as it occurs; at least one."""
    words = _words(codes, kinds)
    if len(words) < _WORDS:
        words = np.concatenate((words, np.zeros(_WORDS - len(words), np.uint64)))
    found = words[:-2] * _GOLDEN
    found += words[1:-1]
    found *= _PRIME
    found += words[2:]
    return _mixed(found)


def _mixed(hashes: Hashes) -> Hashes:
    """Each bit of the result depends on all of the number's. Works in place."""
    hashes ^= hashes >> _THIRD
    hashes *= _GOLDEN
    hashes ^= hashes >> _HALF
    return hashes


def _minima(found: Hashes, scratch: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The smallest value of a * x + b modulo 2^32 over the shingles, for every permutation (a is odd)."""
    minima = np.full(_PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    short = (found >> _HALF).astype(np.uint32)
    for start in range(0, len(short), _AT_ONCE):
        some = short[start : start + _AT_ONCE]
        permuted = scratch[: _PERMUTATIONS * len(some)].reshape(_PERMUTATIONS, -1)
        np.multiply(_FACTORS, some, out=permuted)
        permuted += _OFFSETS
        np.minimum(minima, permuted.min(axis=1), out=minima)
    return minima


def _bands(minima: NDArray[np.uint32]) -> Hashes:
    wide = minima.astype(np.uint64)
    found = ((wide[..., 0] << _HALF) | wide[..., 1]) * _PRIME
    found += (wide[..., 2] << _HALF) | wide[..., 3]
    return _mixed(found)
