"""What `doctor` asks of Label Studio: does it answer, which version and token, is its screen still ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from curation.catalog import Root, Task
from curation.errors import CurationError
from curation.store import Store
from curation.studio.client import Client
from curation.studio.credentials import NoneKnown, find
from curation.studio.drift import Drift, codebook_drift, drift

TESTED = (1, 23, 2)
"""The version of Label Studio that this program is tested with."""

_SHOWN = 30
_INDENT = " " * 7

Look = tuple[str, Literal["ok", "warn", "wrong"], str, str | None]
"""Name, state, what was seen, and the fix."""


def look(root: Root, store: Store, task: Task) -> Iterator[Look]:
    """What is seen of the server and of the project that `task` was pushed to; stops at the first that fails.

    Never raises for what it finds. No Label Studio at all is a warning, one that is known and does not answer is wrong.
    """
    try:
        credentials = find(root.path, root.settings)
    except CurationError as error:
        yield "Label Studio", "warn" if isinstance(error, NoneKnown) else "wrong", error.message, error.fix
        return
    with Client(credentials) as client:
        steps: dict[str, Callable[[], Iterator[Look]]] = {
            "Label Studio": lambda: _server(client),
            "token": lambda: _token(client, credentials.source),
            "project": lambda: _project(store, task, client),
        }
        for name, step in steps.items():
            try:
                yield from step()
            except CurationError as error:
                subject = "token" if error.code == "E_UNAUTHORISED" else name
                yield subject, "wrong", error.message, error.fix
                return


def _server(client: Client) -> Iterator[Look]:
    yield "Label Studio", *_version(client.version(), client.url)


def _token(client: Client, source: str) -> Iterator[Look]:
    yield "token", "ok", f"{client.token_kind} token of {client.whoami()['email']}, from {source}", None


def _version(version: str, url: str) -> tuple[Literal["ok", "warn"], str, str | None]:
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers < TESTED:
        advice = "Upgrade Label Studio: advisories were published for older versions."
        return "warn", f"{version} at {url}, older than {'.'.join(map(str, TESTED))}", advice
    return "ok", f"{version} at {url}", None


def _project(store: Store, task: Task, client: Client) -> Iterator[Look]:
    binding = store.ledger.project(client.server, task.name)
    if binding is None:
        yield "project", "warn", f"{task.name} was not pushed to this server", "curation studio push"
        return
    project = client.project(binding.project_id)
    address = client.project_url(binding.project_id)
    yield (
        "project",
        "ok",
        f"{project['task_number']} articles, overlap {project['maximum_annotations']}: {address}",
        None,
    )
    yield _look("interface", "the screen in Label Studio is the workspace's", drift(task, binding, project))
    codebook = codebook_drift(store, task, binding, project)
    yield _look("instructions", "the instructions in Label Studio are the workspace's codebook", codebook)


def _look(subject: str, alike: str, found: Drift | None) -> Look:
    if found is None:
        return subject, "ok", alike, None
    detail = "\n".join([found.summary, *(f"{_INDENT}{line}" for line in _first(found.diff))])
    return subject, "warn" if found.changed == "workspace" else "wrong", detail, found.fix


def _first(diff: tuple[str, ...]) -> list[str]:
    more = len(diff) - _SHOWN
    return [
        *diff[:_SHOWN],
        *([f"... and {more} more lines; `curation studio pull --json` has them"] if more > 0 else []),
    ]
