"""What a workspace knows of the people who annotate: inviting them, who they are, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.store import Store
    from curation.studio.assignment import Assignment
    from curation.studio.client import Client
    from curation.studio.invitations import Invitation
    from curation.studio.progress import Person
    from curation.studio.survey import Standing

_UNREACHABLE = frozenset({"E_NO_CREDENTIALS", "E_SERVER_DOWN", "E_SERVER_ERROR", "E_UNAUTHORISED"})


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody who annotates or has an account for it. The address stays in the workspace.

    Datasets carry the pseudonym; None before anything of theirs was pulled. The counts are of articles, as of the last
    pull, `last` is when they were at work last. `deleted` tells whether their account is gone; None if the server could
    not be asked.
    """

    pseudonym: str | None
    email: str | None
    submitted: int
    skipped: int
    drafts: int
    last: datetime | None
    deleted: bool | None


@dataclass(frozen=True, slots=True)
class Annotators:
    """Everybody who has annotated a task or could. `unreachable` says why the server was not asked, if it was not."""

    people: tuple[Annotator, ...]
    unreachable: str | None = None


class WithAnnotators(Opened):
    """Inviting annotators, listing them, and looking at how far they are."""

    def invite(self, emails: Iterable[str] = ()) -> Invitation:
        """The address at which annotators sign up on the Label Studio in use, and accounts with these addresses.

        Accounts are made where there are none; their passwords are in the result and in a file of the workspace that
        only its owner can read, and nowhere else. Raises `E_USAGE` for what is no address.
        """
        from curation.studio.invitations import invite_all

        with self._client() as client:
            return invite_all(self._studio, client, emails, url=self._public_url(client))

    def assign(self, *, task: str | None = None) -> Assignment:
        """Give each annotator whom the selection names a tab in Label Studio with the articles meant for them.

        Raises `E_USAGE` if the selection names nobody, `E_NOT_FOUND` if nothing was pushed.
        """
        from curation.studio.assignment import assign

        with self._reading() as store:
            people, planned = _planned(store)
            with self._client() as client:
                return assign(store, self.task(task), client, people, planned, url=self._public_url(client))

    def annotators(self, *, task: str | None = None) -> Annotators:
        """Who has annotated, as far as it was pulled, and who else has an account, if the server can be asked."""
        from curation.studio.roll import roll

        server, accounts, own, why = None, None, None, None
        try:
            with self._client() as client:
                server, accounts, own = client.server, client.users(), int(client.whoami()["id"])
        except CurationError as error:
            if error.code not in _UNREACHABLE:
                raise
            why = _why(error)
        with self._reading() as store:
            people = roll(store, self.task(task), server, accounts, own)
            return Annotators(tuple(map(_annotator, people)), why)

    def progress(self, *, task: str | None = None) -> Standing:
        """How far the task is and who has done what: on the server, or as of the last pull if it cannot be reached.

        Raises `E_NOT_FOUND` if nothing was pushed or pulled.
        """
        return next(self.each_progress(task=task))

    def each_progress(self, *, task: str | None = None) -> Iterator[Standing]:
        """What `progress` tells, anew each time that the next one is asked for; only what changed is read again."""
        from curation.studio.survey import Survey

        survey = Survey(self.task(task), title=self._project_title, workspace_id=self._id)
        while True:
            with self._reading() as store:
                try:
                    # A look that fails is told, and the next one is soon: no use in waiting long.
                    with self._client(attempts=2, timeout=30.0) as client:
                        standing = survey.look(store, client)
                except CurationError as error:
                    if error.code not in _UNREACHABLE:
                        raise
                    standing = survey.recall(store, _why(error))
            yield standing

    def _public_url(self, client: Client) -> str | None:
        """Where other people reach the workspace's own server, if that is the one in use and it has such an address."""
        from curation.studio import server

        own = client.server == server.ledger_name(self._studio)
        return server.how(self._studio).public_url if own else None


def _why(error: CurationError) -> str:
    return f"{error.message.rstrip('.')}. Fix: {error.fix.rstrip('.')}"


def _planned(store: Store) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The people whom the selection names, and to whom of them each article goes."""
    from curation.articles.selection import Plan

    asked = store.selection.request()
    people = tuple(asked.get("annotators", ()))
    if not people:
        fix = "curation select ... --annotators anna,ben,cleo --overlap 2, then push"
        raise CurationError("E_USAGE", "the selection in force names no annotators", fix=fix)
    plan = Plan(people, asked["overlap"], asked.get("calibration", 0), asked.get("seed", 0))
    shared = plan.assign([one.article_id for one in store.selection.chosen()])
    return people, {one.article_id: one.annotators for one in shared}


def _annotator(person: Person) -> Annotator:
    return Annotator(
        person.pseudonym, person.email, person.submitted, person.skipped, person.drafts, person.last, person.deleted
    )
