"""Groups of texts that hang together, and which text of a group stands for it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


def precedence(published_at: str | None, length: int, article_id: str) -> tuple[bool, str, int, str]:
    """Sort key of the texts in a cluster; the first one represents it.

    The earliest date (none comes last), then the longest text (`length` in code points), then the smallest id.
    """
    return published_at is None, published_at or "", -length, article_id


class Clusters(Generic[Item]):
    """Union-find over whatever can be hashed (Tarjan 1975, with path halving). What was never joined stands alone.

    The root of a group is its smallest member, so that the order of joining makes no difference.
    """

    def __init__(self, pairs: Iterable[tuple[Item, Item]] = ()) -> None:
        self._parent: dict[Item, Item] = {}
        for one, other in pairs:
            self.join(one, other)

    def find(self, item: Item) -> Item:
        """The root of the item's group."""
        parent = self._parent
        above = parent.get(item, item)
        while above != item:
            higher = parent.get(above, above)
            parent[item] = higher
            item, above = above, higher
        return item

    def join(self, one: Item, other: Item) -> bool:
        """Put two groups together; False if they were one already."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return False
        if other < one:  # type: ignore[operator]
            one, other = other, one
        self._parent[other] = one
        self._parent.setdefault(one, one)
        return True

    def groups(self) -> Iterator[list[Item]]:
        """Every group of two or more, its members sorted, in the order of the roots."""
        members: dict[Item, list[Item]] = {}
        for item in sorted(self._parent):  # type: ignore[type-var]
            members.setdefault(self.find(item), []).append(item)
        yield from members.values()
