"""Ids of items and annotations that are each given once, and names for those who annotated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from curation.studio.authors import author_of

_PAGE = 9
_WITHIN = (1 << _PAGE) - 1
_END = 1 << 63


class Ids:
    """Ids of one kind. A bit for each that was given, so that those of millions of items in a row take little room."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}
        self._last = 0

    def new(self, given: Any) -> bool:
        """Whether this is an integer that fits and is given for the first time; it is taken then."""
        if type(given) is not int or not -_END <= given < _END:
            return False
        page, bit = given >> _PAGE, 1 << (given & _WITHIN)
        taken = self._pages.get(page, 0)
        if taken & bit:
            return False
        self._pages[page] = taken | bit
        return True

    def forget(self, given: int) -> None:
        """Take back one that was `new`."""
        self._pages[given >> _PAGE] ^= 1 << (given & _WITHIN)

    def stand_in(self) -> int:
        """A negative id that is not taken: -1, -2 and so on."""
        while True:
            self._last -= 1
            if self.new(self._last):
                return self._last


def annotator_of(given: Mapping[str, Any], *, draft: bool = False) -> str | None:
    """A name for whoever made an annotation or a draft: the id, else a hash of the address; None if nobody is named."""
    author = author_of(given, draft=draft)
    if author.user_id is not None or author.email is None:
        return author.key
    return hashlib.sha256(author.email.encode()).hexdigest()[:16]
