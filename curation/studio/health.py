"""What `doctor` asks of Label Studio: does it answer, which version and token, is its screen still ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from curation.catalog import Root, Task
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Store
from curation.studio.advisories import known, numbers
from curation.studio.client import Client, condition
from curation.studio.counters import uncounted
from curation.studio.credentials import KEY_VARIABLE, Credentials, NoneKnown, find
from curation.studio.drift import Drift, codebook_drift, screen_drift
from curation.studio.inspection import inspect
from curation.studio.tokens import days_left, lasting
from curation.text import counted

TESTED = (1, 23, 2)
"""The version of Label Studio that this program is tested with."""

_SHOWN = 30
_INDENT = " " * 7
_GONE = "Deleted there? `curation studio push` sends them again; `curation studio pull` takes note."
_RENEW = "`curation studio push` sends the new text where nobody has begun, and says what to do where somebody has."
_OTHERWISE = "for another number of annotators than the selection plans"
_RECOUNT = "Restart Label Studio, which may count nothing once projects were deleted; then: curation studio push"
_MEND = (
    "curation studio push mends those of this workspace's articles; delete others over Label Studio's API (DELETE"
    " /api/tasks/NUMBER/), for its pages fail on them too."
)
_DAYS = 14
_SECONDS = 30
"""Up to here clocks agree: the server's time is told in whole seconds, and a request takes some."""

State = Literal["ok", "warn", "wrong"]
Look = tuple[str, State, str, str | None]
"""Name, state, what was seen, and the fix."""


def _now() -> datetime:
    return datetime.now(UTC)


def look(
    root: Root,
    store: Store,
    task: Task,
    *,
    deep: bool = False,
    now: Callable[[], datetime] = _now,
    progress: Progress | None = None,
) -> Iterator[Look]:
    """What is seen of the server and of the project that `task` was pushed to; stops at the first that fails.

    With `deep`, every item of the project is looked at. Never raises for what it finds. No Label Studio at all is a
    warning, one that is known and does not answer is wrong.
    """
    try:
        credentials = find(root.path, root.settings)
    except CurationError as error:
        yield "Label Studio", "warn" if isinstance(error, NoneKnown) else "wrong", error.message, error.fix
        return
    with Client(credentials) as client:
        steps: dict[str, Callable[[], Iterator[Look]]] = {
            "Label Studio": lambda: _server(client),
            "token": lambda: _token(client, credentials),
            "clock": lambda: _clock(client, now),
            "project": lambda: _project(store, task, client, deep=deep, progress=progress),
        }
        for name, step in steps.items():
            try:
                yield from step()
            except CurationError as error:
                subject = "token" if error.code == "E_UNAUTHORISED" else name
                yield subject, "wrong", error.message, error.fix
                return
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                detail = f"{client.url} answered with something unexpected ({type(error).__name__}: {error})"
                yield name, "wrong", detail, "See that this is the address of Label Studio itself."
                return


def _server(client: Client) -> Iterator[Look]:
    yield "Label Studio", *_version(client.version(), client.url)


def _version(version: str, url: str) -> tuple[State, str, str | None]:
    tested = ".".join(map(str, TESTED))
    advice = f"Back up its database, then upgrade Label Studio to {tested} or later."
    found = known(version)
    if found:
        told = "".join(
            f"\n{_INDENT}{one.name}: {one.about}; gone in {'.'.join(map(str, one.fixed[:3]))} ({one.url})"
            for one in found
        )
        return "warn", f"{version} at {url}, with {len(found)} published security advisories:{told}", advice
    if not numbers(version):
        return "warn", f"{url} does not tell its version", f"This program is tested with {tested}."
    if numbers(version) < TESTED:
        return "warn", f"{version} at {url}, older than {tested}, with which this program is tested", advice
    return "ok", f"{version} at {url}, no published advisory known", None


def _token(client: Client, credentials: Credentials) -> Iterator[Look]:
    email = client.whoami()["email"]
    left = days_left(credentials.token, client.server_time())
    seen = f"{client.token_kind} token of {email}, from {credentials.source}{lasting(left)}"
    if left is None or left > _DAYS:
        yield "token", "ok", seen, None
        return
    give = f"set {KEY_VARIABLE} to it" if credentials.source == KEY_VARIABLE else f"curation studio login {client.url}"
    yield "token", "warn", seen, f"Make a new one in Label Studio, under Account & Settings, then {give}"


def _clock(client: Client, now: Callable[[], datetime]) -> Iterator[Look]:
    before = now()
    client.whoami()
    ours = before + (now() - before) / 2
    theirs = client.server_time()
    if theirs is None:
        yield "clock", "warn", "the server does not tell its time, which pulls go by", "See what stands before it."
        return
    seconds = round((ours - theirs).total_seconds())
    if abs(seconds) <= _SECONDS:
        yield "clock", "ok", f"within {max(abs(seconds), 1)} s of the server's", None
        return
    where = "ahead of" if seconds > 0 else "behind"
    detail = (
        f"{abs(seconds):,} s {where} the server's: pulls go by the server's clock and lose nothing, but the times that"
        " this workspace notes are off by as much"
    )
    yield "clock", "warn", detail, "Set the clock that is wrong: timedatectl set-ntp true"


def _project(store: Store, task: Task, client: Client, *, deep: bool, progress: Progress | None) -> Iterator[Look]:
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
    yield _look(
        "interface", "the screen in Label Studio is the workspace's", screen_drift(store, task, binding, project)
    )
    codebook = codebook_drift(store, task, binding, project)
    yield _look("instructions", "the instructions in Label Studio are the workspace's codebook", codebook)
    yield from _overlap(store, project)
    yield from _counters(client, binding.project_id)
    if deep:
        yield from _every_item(store, client, project, progress)
    else:
        yield _counted(store, client, project)


def _overlap(store: Store, project: dict[str, Any]) -> Iterator[Look]:
    planned, there = store.selection.overlap(), project["maximum_annotations"]
    if planned is None:
        return
    if planned == there:
        yield "overlap", "ok", f"{there} annotators an article, as the selection plans", None
    else:
        detail = f"{there} annotators an article in Label Studio, {planned} in the selection's plan"
        yield "overlap", "wrong", detail, "curation studio push"


def _counters(client: Client, project_id: int) -> Iterator[Look]:
    """Whether the server knows of annotated items that they are: by these numbers it hands items out."""
    behind = uncounted(client, project_id)
    if behind:
        items = f"{counted(behind, 'item')} that {'has' if behind == 1 else 'have'} some"
        detail = f"Label Studio counts no annotation of {items}, and may give them to more people than planned"
        yield "counters", "warn", detail, _RECOUNT


def _counted(store: Store, client: Client, project: dict[str, Any]) -> Look:
    """Whether there are as many items as were sent; which of them are too many takes a look at each."""
    number, there = int(project["id"]), int(project["task_number"])
    pushes = store.ledger.pushes(client.server, number).values()
    sent = sum(push.state == "sent" for push in pushes)
    unnamed = client.count_tasks(number, condition("data.article_id", "empty", "String", True))
    wrong = [
        *([f"{there - sent} more than were sent"] if there > sent else []),
        *([f"{sent - there} fewer than were sent"] if there < sent else []),
        *([f"{unnamed} without an article_id"] if unnamed else []),
    ]
    if not wrong:
        return "items", "ok", f"{there}, as many as were sent; --deep looks at each of them", None
    fix = _GONE if there < sent and not unnamed else "curation doctor --deep"
    return "items", "warn", f"{there}: {', '.join(wrong)}", fix


def _every_item(store: Store, client: Client, project: dict[str, Any], progress: Progress | None) -> Iterator[Look]:
    number = int(project["id"])
    seen = inspect(store, client, number, total=int(project["task_number"]), progress=progress)
    there = f"in Label Studio's Data Manager ({client.project_url(number)})"
    again = f"Delete them {there}, then: curation studio push"
    unless = f"Delete them {there}, unless they are meant: `curation studio pull` takes their texts in"
    doubled = [f"{name} ({', '.join(map(str, items))})" for name, items in seen.doubled.items()]
    odd = [f"{item} ({what})" for item, what in seen.odd]
    faults: tuple[tuple[str, State, str, str, Sequence[object], str], ...] = (
        ("poison", "wrong", "item", "on which the server fails", seen.poisoned, _MEND),
        ("characters", "warn", "item", "with characters that shift offsets", odd, again),
        (
            "doubles",
            "wrong",
            "article",
            "with several items",
            doubled,
            f"Keep the annotated one, delete others {there}",
        ),
        ("missing", "warn", "article", "that were sent and are gone", seen.missing, _GONE),
        ("orphans", "warn", "item", "without an article_id", seen.unnamed, unless),
        ("strangers", "warn", "item", "of articles that the workspace lacks", seen.strangers, unless),
        ("texts", "warn", "article", "with another text there than here", seen.changed, _RENEW),
        ("overlap of items", "wrong", "item", _OTHERWISE, seen.planned, "curation studio push"),
    )
    for subject, state, kind, what, which, fix in faults:
        if which:
            more = f" and {len(which) - _SHOWN} more" if len(which) > _SHOWN else ""
            listed = ", ".join(map(str, which[:_SHOWN]))
            yield subject, state, f"{counted(len(which), kind)} {what}: {listed}{more}", fix
    if not any(which for *_, which, _ in faults):
        yield "items", "ok", f"{seen.items}, each of one article of this workspace and without fault", None


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
