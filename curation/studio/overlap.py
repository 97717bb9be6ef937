"""How many annotators an item goes to: the project's number for most, the plan's own for calibration articles.

Label Studio's import takes one number for the whole project. An item's own number can be set afterwards; the server
then hands the item out accordingly, and keeps the number through imports. A change of the project's number overwrites
those of its items: so the project comes first, and every push sets right what differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from curation.errors import CurationError
from curation.store import Store
from curation.studio.client import Client, Found
from curation.text import counted


def project_overlap(store: Store, asked: int | None) -> int | None:
    """The number for the project: what is asked for, else what the selection plans; None to leave it alone.

    Raises `E_USAGE` if both are there and differ.
    """
    planned = store.selection.overlap()
    if asked is not None and planned is not None and asked != planned:
        message = f"the selection plans {planned} annotators an article, not {asked}"
        raise CurationError("E_USAGE", message, fix="select again with another --overlap, or push without it")
    return planned if asked is None else asked


class Overlaps:
    """Sets the numbers of items right, and counts them. With `dry_run` they are counted alone; `follows` says that the
    project's number would be changed before, which changes those of its items."""

    def __init__(
        self, store: Store, client: Client, overlap: int | None, *, dry_run: bool = False, follows: bool = False
    ) -> None:
        self._store = store
        self._client = client
        self._overlap = overlap
        self._dry_run = dry_run
        self._follows = follows
        self._set = 0
        self._ignored = 0

    @property
    def number(self) -> int | None:
        """The project's number; None if it is left alone."""
        return self._overlap

    def settle(self, there: Mapping[str, Found]) -> None:
        """Make the items of these articles go to as many annotators as the plan says, else as the project's number.

        Raises `E_PUSH_UNKNOWN` if an answer was lost; the next push looks at the numbers again.
        """
        if self._overlap is None or self._ignored:
            return
        planned = self._store.selection.annotators(list(there))
        for article_id, found in there.items():
            wanted = planned.get(article_id, self._overlap)
            if (self._overlap if self._follows else found.overlap) in (wanted, None):
                continue
            if self._dry_run or self._client.set_overlap(found, wanted):
                self._set += 1
            else:
                self._ignored = wanted
                return

    def words(self) -> tuple[str, ...]:
        """What was done, in words."""
        if self._ignored:
            return (
                f"this Label Studio has one overlap for all articles, {self._overlap}: those planned for "
                f"{self._ignored} annotators go to no more",
            )
        return (f"overlap of {counted(self._set, 'article')} set as planned",) if self._set else ()
