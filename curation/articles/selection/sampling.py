"""Stratified samples that nest: the sample of any size is the beginning of every larger one.

Articles stand in one fixed order, and a sample takes the first n. In a stratum they stand by a hash of their id.
Between strata the order is that of a divisor method, which hands out one seat after the other and so never takes one
back (house monotone; M. L. Balinski and H. P. Young, Fair Representation, 1982): the k-th article of a stratum of N
has the priority (k - u) / N, and the smallest comes first. The order up to priority t then holds floor(t N + u)
articles of a stratum.

With u = 1/2 that is the method of Webster and Sainte-Laguë. It takes nothing of a stratum whose share is less than half
an article, so that the long tail of a pool would never be seen. By default u is therefore drawn for each stratum from
the seed, uniform between 0 and 1 (as in sequential Poisson sampling: E. Ohlsson, Journal of Official Statistics 14,
1998): a stratum gets its share rounded up or down, on average neither, and articles of small strata come as often as
others.

Several variables nest: the values of the first take turns, in each of them those of the second, and so on. The first
is met to within one article, however many strata there are below it.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, repeat
from typing import Any, Literal

from curation.articles.selection.filters import day_of

Stratum = tuple[str, ...]
"""The values of the stratum variables, in the order in which they were named."""

Shares = Literal["proportional", "webster", "equal"]
"""How strata share a sample: by their size, by their size with u = 1/2, or alike."""

VARIABLES = ("outlet", "month", "year", "lang", "license")
"""What articles can be sampled by, beside the columns of their `meta`."""

UNKNOWN = "(not known)"
"""The stratum of articles that lack the value."""

_BITS = 64


def rank(article_id: str, seed: int = 0) -> int:
    """Where an article stands in its stratum: a hash of seed and id, uniform in [0, 2**64), the same everywhere.

    The 64-bit BLAKE2b digest, big-endian, of the seed in decimal, a NUL and the id in UTF-8. Equal ranks are told apart
    by the id.
    """
    digest = hashlib.blake2b(f"{seed}\0{article_id}".encode("utf-8", "surrogatepass"), digest_size=_BITS // 8)
    return int.from_bytes(digest.digest(), "big")


def stratum(
    by: Sequence[str],
    *,
    outlet: str | None = None,
    published_at: str | None = None,
    lang: str | None = None,
    license: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Stratum:
    """The stratum of an article with these fields. Takes plain values, so that rows of any source can be sampled.

    `month` and `year` are those of the date; of a list in `meta` (topics, sections) the first entry counts. What an
    article lacks is `UNKNOWN`.
    """
    day = day_of(published_at) or ""
    own = {"outlet": outlet, "lang": lang, "license": license, "year": day[:4], "month": day[:7] if day[5:] else ""}
    return tuple(_value(own[name] if name in own else (meta or {}).get(name)) for name in by)


def sequence(
    sizes: Mapping[Stratum, int], *, seed: int = 0, shares: Shares = "proportional", minimum: int = 0
) -> Iterator[Stratum]:
    """The whole pool in the order of sampling: the k-th time that a stratum comes is the turn of its k-th by `rank`.

    `sizes` are the strata of the pool. With `equal` shares strata give alike until they are used up. The first
    `minimum` articles of every stratum come before all others.
    """
    for k in range(1, minimum + 1):
        there = (key for key, size in sizes.items() if size >= k)
        yield from sorted(there, key=lambda key: (_start(key, seed), key))
    taken = Counter[Stratum]()
    for key in _nested({key: size for key, size in sizes.items() if size}, (), seed, shares):
        taken[key] += 1
        if taken[key] > minimum:
            yield key


def allocate(
    sizes: Mapping[Stratum, int], size: int, *, seed: int = 0, shares: Shares = "proportional", minimum: int = 0
) -> dict[Stratum, int]:
    """How many articles a sample of `size` takes of each stratum: the first by `rank`. See `sequence`."""
    taken = Counter(islice(sequence(sizes, seed=seed, shares=shares, minimum=minimum), size))
    return {key: taken[key] for key in sizes}


def _nested(sizes: Mapping[Stratum, int], above: Stratum, seed: int, shares: Shares) -> Iterator[Stratum]:
    """The strata below `above`: its parts by the next variable take turns, and each of them does so inside."""
    parts: dict[Stratum, dict[Stratum, int]] = {}
    for key, size in sizes.items():
        parts.setdefault(key[: len(above) + 1], {})[key] = size
    if above in parts:
        yield from repeat(above, sizes[above])
        return
    inside = {part: _nested(keys, part, seed, shares) for part, keys in parts.items()}
    for part in _turns({part: sum(keys.values()) for part, keys in parts.items()}, seed, shares):
        yield next(inside[part])


def _turns(sizes: Mapping[Stratum, int], seed: int, shares: Shares) -> Iterator[Stratum]:
    """The order of the divisor method. Strata of the same turn stand by their start, which is as good as a lot."""

    def turn(key: Stratum, k: int) -> tuple[Fraction, int, Stratum, int]:
        start = _start(key, seed)
        if shares == "equal":
            return Fraction(k), start, key, k
        offset = start if shares == "proportional" else 1 << (_BITS - 1)
        return Fraction((k << _BITS) - offset, sizes[key] << _BITS), start, key, k

    waiting = [turn(key, 1) for key in sizes]
    heapq.heapify(waiting)
    while waiting:
        *_, key, k = waiting[0]
        yield key
        if k < sizes[key]:
            heapq.heapreplace(waiting, turn(key, k + 1))
        else:
            heapq.heappop(waiting)


def _start(key: Stratum, seed: int) -> int:
    """The stratum's random start u, in units of 2**-64."""
    return rank("\0".join(key), seed)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return UNKNOWN if value is None or value == "" else str(value)
