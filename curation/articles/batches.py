"""Take a stream in batches: what is written to the store at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeVar

from curation.errors import CurationError

_MOST = 500
_CHARACTERS = 8_000_000
_SECONDS = 1.0

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """At most 500 items, about 8 million characters (`size` says of each how many), or a second's worth at a time.

    If the stream fails in a foreseen way, what came before comes first.
    """
    batch: list[Item] = []
    characters, start = 0, monotonic()
    try:
        for item in items:
            batch.append(item)
            characters += size(item)
            if len(batch) >= _MOST or characters >= _CHARACTERS or monotonic() - start >= _SECONDS:
                yield batch
                batch, characters, start = [], 0, monotonic()
    except CurationError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
