"""Who made an annotation, in the many ways in which Label Studio says it, and their pseudonym."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curation.text import forbidden

if TYPE_CHECKING:
    from curation.store import Store

_NAME_AND_ID = re.compile(r"(?s).*, ([0-9]{1,18})")
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Author:
    """A person by id, address or both; by neither once the account is deleted."""

    user_id: int | None = None
    email: str | None = None

    @property
    def key(self) -> str | None:
        """The same for the same person of a server, whether an address came along or not."""
        return str(self.user_id) if self.user_id is not None else self.email


def author_of(raw: Mapping[str, Any], *, draft: bool) -> Author:
    """The author of a raw annotation or draft.

    `completed_by` is a number, an object with id and address, or null. A draft has `user` instead, an address, and the
    number behind the last comma of `created_username`.
    """
    who = raw.get("user") if draft else raw.get("completed_by")
    if isinstance(who, dict):
        return Author(_number(who.get("id")), _address(who.get("email")))
    if not draft or type(who) is int:
        return Author(_number(who))
    named = raw.get("created_username")
    behind = _NAME_AND_ID.fullmatch(named) if isinstance(named, str) else None
    return Author(int(behind[1]) if behind else None, _address(who))


def pseudonym_of(store: Store, server: str, author: Author) -> str | None:
    """The author's pseudonym in the workspace; None if nobody is named."""
    if author.user_id is not None:
        return store.ledger.pseudonym(server, author.user_id, author.email)
    if author.email is None:
        return None
    known = next((name for name, email in store.ledger.annotators() if email == author.email), None)
    return known or store.ledger.pseudonym(server, _stand_in(author.email), author.email)


def _stand_in(email: str) -> int:
    """A negative id, which no server gives, for somebody of whom only the address is known."""
    return -1 - int.from_bytes(hashlib.sha256(email.encode()).digest()[:6])


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX_ID else None


def _address(value: Any) -> str | None:
    return value if isinstance(value, str) and "@" in value and forbidden(value) is None else None
