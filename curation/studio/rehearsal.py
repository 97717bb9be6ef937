"""Play annotators: sign people up on an embedded server and submit their prepared annotations in their names."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation.catalog import Task
from curation.errors import CurationError
from curation.records import Annotation, Progress
from curation.store import Store
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.encode import encode
from curation.studio.server import RunningServer


@dataclass(frozen=True, slots=True)
class Account:
    """An annotator's log-in on the embedded server."""

    name: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Who signed up, how many annotations were submitted now, and how many stood there before."""

    accounts: tuple[Account, ...]
    submitted: int
    already_there: int


def rehearse(
    server: RunningServer,
    server_name: str,
    store: Store,
    task: Task,
    records: Sequence[Annotation],
    progress: Progress | None = None,
) -> Rehearsal:
    """Submit each record as its `annotator`, who is signed up if need be. What was submitted before is left alone.

    Raises `E_NOT_FOUND` for a record whose article was not pushed.
    """
    project = store.ledger.project(server_name, task.name)
    if project is None:
        raise CurationError("E_PROJECT_GONE", f"the task {task.name} was not pushed to {server.url}")
    items = {article: push.ls_task_id for article, push in store.ledger.pushes(server_name, project.project_id).items()}
    accounts = _accounts(server.data_dir / "annotators.json", [record.annotator for record in records])
    submitted = done = 0
    with Client(Credentials(server.url, server.token, "the workspace's own server")) as admin:
        tokens = {name: invite(server.url, server.token, who.email, who.password) for name, who in accounts.items()}
        there = _submitted(admin, project.project_id, [item for item in items.values() if item is not None])
        for name, account in accounts.items():
            with Client(Credentials(server.url, tokens[name], account.email)) as annotator:
                user = int(annotator.whoami()["id"])
                for record in (record for record in records if record.annotator == name):
                    item = items.get(record.article_id)
                    if item is None:
                        raise CurationError("E_NOT_FOUND", f"article {record.article_id} was not pushed", fix="push it")
                    if (item, user) not in there:
                        annotator.annotate(item, encode(record, task), lead_time=record.lead_time)
                        submitted += 1
                    done += 1
                    if progress is not None:
                        progress(done, len(records))
    return Rehearsal(tuple(accounts.values()), submitted, done - submitted)


def _submitted(client: Client, project_id: int, items: Sequence[int]) -> set[tuple[int, int]]:
    """Which item was annotated by which user."""
    exported: list[Mapping[str, Any]] = client.export_tasks(project_id, items)
    return {(int(item["id"]), annotation["completed_by"]) for item in exported for annotation in item["annotations"]}


def _accounts(path: Path, names: Sequence[str]) -> dict[str, Account]:
    """The log-ins of everyone named, made on first use and kept readable by the owner only."""
    known: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in dict.fromkeys(names):
        known.setdefault(name, {"email": f"{name}@example.org", "password": secrets.token_urlsafe(9)})
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(known, out, indent=2)
    return {name: Account(name, **known[name]) for name in dict.fromkeys(names)}
