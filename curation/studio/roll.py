"""Who annotates, as far as it was pulled, and who else has an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from curation.catalog import Task
from curation.records import moment
from curation.store import Project, Store
from curation.studio.progress import Mark, Person, Tally


class Times(msgspec.Struct):
    """What is asked of a raw annotation here."""

    created_at: Any = None
    updated_at: Any = None
    lead_time: Any = None


def roll(
    store: Store, task: Task, server: str | None, accounts: Mapping[int, str] | None, own: int | None
) -> Iterator[Person]:
    """Everybody known, by pseudonym, then accounts that have annotated nothing, then those that were deleted.

    `accounts` are the addresses of a server's users, None if it was not asked; its user `own` is the curator, who is
    listed only with work of their own.
    """
    tally = Tally(pulled(store, task), now=datetime.now(UTC), overlaps={}, items=0, default=0)
    everyone = store.people.everyone()
    for one in everyone:
        deleted, email = None, one.email
        if accounts is not None and one.server == server:
            email = accounts.get(one.user_id, email)
            deleted = one.user_id not in accounts and (one.user_id >= 0 or email not in accounts.values())
        yield tally.person(one.pseudonym, pseudonym=one.pseudonym, email=email, deleted=deleted)
    known = {one.user_id for one in everyone if one.server == server}
    # Somebody of a file has no number, and is whoever has the address; a deleted account's address may have a new one.
    addresses = {one.email for one in everyone if one.server == server and one.user_id < 0}
    for number, address in (accounts or {}).items():
        if number not in known and number != own and address not in addresses:
            yield tally.person(address, pseudonym=None, email=address, deleted=False)
    if tally.has_nameless:
        yield tally.person(None, pseudonym=None, email=None, deleted=True)


def pulled(store: Store, task: Task, binding: Project | None = None) -> Iterator[Mark]:
    """What was pulled of a task and is still there, from one project or from all."""
    for one in store.people.work(task.name):
        if binding is not None and (one.server, one.project) != (binding.server, binding.project_id):
            continue
        try:
            times = msgspec.json.decode(one.raw, type=Times)
        except msgspec.DecodeError:
            times = Times()
        yield mark(one.ls_task or 0, one.annotator, one.status, times)


def mark(item: int, who: str | None, status: Any, times: Times) -> Mark:
    """Somebody's annotation of an item, in short."""
    seconds = times.lead_time
    return Mark(
        item,
        who,
        status,
        at=moment(times.created_at),
        touched=moment(times.updated_at),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
    )
