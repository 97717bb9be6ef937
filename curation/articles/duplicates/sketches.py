"""What copies are found by: shingles of words, and sketches of them that are quick to compare. Pure functions.

A word is a run of letters, marks and digits, casefolded. Where a script sets no spaces between words (Chinese,
Japanese, Thai, Lao, Khmer, Burmese), each character is one. Three words in a row are a shingle. The Jaccard similarity
of two texts is that of their sets of shingles (Broder 1997, On the resemblance and containment of documents).

A sketch holds 128 minima under affine permutations of 32-bit hashes, in 32 bands of 4 (Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, section 3.4): two texts of similarity s have a band in common with probability
1 - (1 - s^4)^32, which is 0.9998 at 0.7 and 0.56 at 0.4.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import xxhash
from numpy.typing import NDArray

from curation.articles.duplicates.clusters import Clusters, precedence

__all__ = ["BANDS", "MADE_WITH", "Clusters", "Sketches", "jaccard", "precedence", "shingles", "sketch"]

BANDS = 32
"""Bands of a sketch."""

ROWS = 4
"""Minima in a band."""

MADE_WITH = f"minhash {BANDS}x{ROWS}, 3 words, 1; Unicode {unicodedata.unidata_version}"
"""What a sketch depends on beside the text. Sketches made with anything else cannot be compared."""

Hashes = NDArray[np.uint64]

_WORD = 3
_PERMUTATIONS = BANDS * ROWS
_FACTORS = np.array([xxhash.xxh32_intdigest(b"a%d" % n) | 1 for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_OFFSETS = np.array([xxhash.xxh32_intdigest(b"b%d" % n) for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_GOLDEN, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_HALF, _THIRD = np.uint64(32), np.uint64(29)
# Shingles that are permuted at once: 128 times as many numbers fit into a core's cache.
_AT_ONCE = 1024
_KNOWN_WORDS = 1 << 18
_LONG_WORD = 40

# Scripts without spaces between words: Thai and Lao, Burmese, Khmer, the Tai scripts, kana and bopomofo, Han.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF), (0x3005, 0x3007),
    (0x3040, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF),
    (0xAA60, 0xAADF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F),
)  # fmt: skip


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
    found = np.sort(_shingles(text.casefold()))
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
    folded: list[bytes] = []
    minima: list[NDArray[np.uint32]] = []
    scratch = np.empty(_PERMUTATIONS * _AT_ONCE, np.uint32)
    for text in texts:
        plain = " ".join(text.casefold().split())
        folded.append(xxhash.xxh3_128_digest(plain.encode("utf-8", "surrogatepass")))
        minima.append(_minima(_shingles(plain), scratch))
    return Sketches(folded, _bands(np.array(minima, np.uint32).reshape(-1, BANDS, ROWS)))


class _Words(dict[str, int]):
    """The hashes of words that were met; a text has few that the last thousand had not."""

    def __missing__(self, word: str) -> int:
        found = xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))
        if len(word) <= _LONG_WORD:
            self[word] = found
        return found


_words = _Words()


@cache
def _word() -> re.Pattern[str]:
    """Matches a word. By Unicode's categories, since `\\w` misses the marks that many scripts write with.

    Beyond the basic plane, symbols and emoji stand between words, and the rarer Han characters are one each.
    """
    categories = {code: unicodedata.category(chr(code)) for code in range(0x10000)}
    gaps = [code for code, name in categories.items() if name[0] in "PSZ" or name in ("Cc", "Cf")]
    alone = sorted({code for start, end in _UNSPACED for code in range(start, end + 1)} - set(gaps))
    return re.compile(f"[^{_class(gaps)}{_class(alone)}\U0001f000-\U0003ffff]+|[{_class(alone)}\U00020000-\U0003ffff]")


def _class(codes: Iterable[int]) -> str:
    """A regular expression's character class of `codes`, which are sorted, as ranges."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\u{start:04x}-\\u{end:04x}" for start, end in runs)


def _shingles(plain: str) -> Hashes:
    """A hash for every shingle of a casefolded text, as often as it occurs; at least one."""
    words = _word().findall(plain) or [" ".join(plain.split())]
    if len(_words) > _KNOWN_WORDS:
        _words.clear()
    hashes = np.zeros(max(len(words), _WORD), np.uint64)
    hashes[: len(words)] = np.fromiter(map(_words.__getitem__, words), np.uint64, len(words))
    found = hashes[:-2] * _GOLDEN
    found += hashes[1:-1]
    found *= _PRIME
    found += hashes[2:]
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
