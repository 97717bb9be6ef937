"""What copies are found by: sketches of texts' shingles, which are quick to compare. Pure functions.

A sketch holds 128 minima under affine permutations of 32-bit hashes, in 32 bands of 4 (Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, section 3.4): two texts of similarity s have a band in common with probability
1 - (1 - s^4)^32, which is 0.9998 at 0.7 and 0.56 at 0.4.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from curation.shingles import WORDS, Hashes, folded, mixed, shingled

BANDS = 32
"""Bands of a sketch."""

ROWS = 4
"""Minima in a band."""

MADE_WITH = f"minhash {BANDS}x{ROWS}, {WORDS} words, 1; Unicode {unicodedata.unidata_version}"
"""What a sketch depends on beside the text. Sketches made with anything else cannot be compared."""

_PERMUTATIONS = BANDS * ROWS
_FACTORS = np.array([xxhash.xxh32_intdigest(b"a%d" % n) | 1 for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_OFFSETS = np.array([xxhash.xxh32_intdigest(b"b%d" % n) for n in range(_PERMUTATIONS)], np.uint32)[:, None]
_PRIME, _HALF = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
# Shingles that are permuted at once: 128 times as many numbers fit into a core's cache.
_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of some texts, in their order.

    `folded` are 16-byte hashes of the texts in casefolded form with every run of white space as one space. `bands` has
    a row for each text and a 64-bit hash for each band.
    """

    folded: list[bytes]
    bands: Hashes


def sketch(texts: Iterable[str]) -> Sketches:
    """The sketches of `texts`. The same text has the same sketch everywhere, whatever the case and the white space."""
    hashes: list[bytes] = []
    minima: list[NDArray[np.uint32]] = []
    scratch = np.empty(_PERMUTATIONS * _AT_ONCE, np.uint32)
    for text in texts:
        codes, kinds = folded(text)
        hashes.append(xxhash.xxh3_128_digest(codes.astype("<u4").tobytes()))
        minima.append(_minima(shingled(codes, kinds), scratch))
    return Sketches(hashes, _bands(np.array(minima, np.uint32).reshape(-1, BANDS, ROWS)))


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
    return mixed(found)
