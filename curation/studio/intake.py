"""Take what Label Studio holds of one item into the workspace: every raw revision, and the record read from it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from curation.catalog import Schemas, Task
from curation.records import Annotation
from curation.store import Revision, Store
from curation.studio.authors import Author, author_of, pseudonym_of
from curation.studio.decode import DECODER, Decoded, Item, Part, decode, status_of
from curation.studio.migrating import reading
from curation.studio.offsets import Counted
from curation.studio.raw import SCHEMA, kind_of, rows_of
from curation.studio.results import Moved, PullResult, Unreadable, total
from curation.studio.rewriting import with_origins
from curation.studio.screens import instructed_by, made_with
from curation.studio.subject import look, settle

_CONTENT = ("result", "was_cancelled", "ground_truth", "lead_time", "created_at")
_MAX_ID = 2**63 - 1
_UNIQUE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An annotation or a draft of an item, its place there, and the id that it keeps in the workspace."""

    id: str
    raw: Mapping[str, Any]
    draft: bool
    pointer: str


def take(
    store: Store,
    task: Task,
    schemas: Schemas,
    ls_task: Mapping[str, Any],
    *,
    server: str,
    project_id: int | None,
    pulled_at: str,
    url_of: Callable[[int], str | None],
    known_only: bool = False,
    by_hand: bool = False,
) -> PullResult:
    """Keep the annotations and drafts of one item, as the API gives it with all fields or an export has it.

    An article that the workspace lacks is taken in with the text as it is; with `known_only` such an item is left out.
    Of files made `by_hand` on nobody knows which server, an annotation that has only the number of another article's is
    kept apart from it. Call this inside `store.transaction()`; a second call changes nothing. `url_of` gives the
    annotation screen's address of an item's id.
    """
    number = ls_task.get("id")
    number = number if type(number) is int else None
    entries = list(_entries(ls_task, project_id))
    about = look(store, ls_task, [row for entry in entries for row in rows_of(entry.raw)])
    if known_only and not about.known:
        return PullResult(items=1, left_out=(about.name or f"item {number}",))
    context = {
        "server": server,
        "project": _project(ls_task, project_id),
        "ls_task": number,
        "url": url_of(number) if number is not None else None,
        **settle(store, about),
    }
    kept = []
    for entry in entries:
        own = _apart(store, entry, context) if by_hand else entry
        kept.append(_keep(store, task, schemas, own, context, pulled_at, by_hand=by_hand))
        if own is not entry and kept[-1].annotations_new:
            kept.append(PullResult(apart=(own.id,)))
    strange = tuple(Unreadable(number, place, None, reason, url=context["url"]) for place, reason in _strange(ls_task))
    adopted = (about.lacking.id,) if about.lacking is not None else ()
    return total((PullResult(items=1, adopted=adopted, undecodable=len(strange), unreadable=strange), *kept))


def annotation_ids(ls_task: Mapping[str, Any], project_id: int | None) -> list[str]:
    """The workspace's ids of an item's annotations and drafts, in the order in which `take` keeps them."""
    return [entry.id for entry in _entries(ls_task, project_id)]


def redecode(store: Store, task: Task, schemas: Schemas) -> int:
    """Read all records anew that were read with another task, schema or decoder than today's; returns how many.

    Page by page, each in a transaction of its own: what is left when it is stopped is read by the next call. Verdicts
    of what is read anew are open again.
    """
    count = 0
    for page in store.annotations.read_otherwise(task.name, _read_with(store, task, schemas)):
        with store.transaction():
            count += reread(store, task, schemas, page)
    return count


def reread(store: Store, task: Task, schemas: Schemas, ids: Iterable[str]) -> int:
    """Read these annotations anew, as after a decision about their offsets; returns how many.

    Call it inside `store.transaction()`.
    """
    decoded_with = _read_with(store, task, schemas)
    count = 0
    for annotation_id in ids:
        stored = store.annotations.get(annotation_id)
        if stored is None:
            continue
        revision = Revision(stored.id, stored.revision, stored.raw, stored.context)
        _put(store, task, schemas, revision, stored.annotator, stored.status, decoded_with, stored.record)
        count += 1
    return count


def fingerprint(task: Task, schemas: Schemas) -> str:
    """Changes when an annotation may be read differently: with the task, the raw schema or this decoder."""
    return hashlib.sha256("\0".join((DECODER, task.digest, _schema(schemas))).encode()).hexdigest()


@lru_cache(maxsize=4)
def _schema(schemas: Schemas) -> str:
    return json.dumps(schemas.document(SCHEMA), sort_keys=True)


def _read_with(store: Store, task: Task, schemas: Schemas) -> str:
    """The fingerprint, which the migrations in force change too."""
    made, standing = fingerprint(task, schemas), store.versions.standing(task.declared_as)
    return hashlib.sha256(f"{made}\0{standing}".encode()).hexdigest() if standing else made


@lru_cache(maxsize=4)
def _tellable(schemas: Schemas) -> frozenset[str]:
    """The fields that the workspace's own schema of records knows: those of older ones know no versions."""
    return frozenset(schemas.document("annotation").get("properties", {}))


def _keep(
    store: Store,
    task: Task,
    schemas: Schemas,
    entry: _Entry,
    context: Mapping[str, Any],
    pulled_at: str,
    *,
    by_hand: bool,
) -> PullResult:
    author = author_of(entry.raw, draft=entry.draft)
    try:
        content = _content_hash(entry.raw, author.key, context)
    except (RecursionError, ValueError):
        # Nested or numbered beyond what JSON text can carry: there is nothing that could be kept.
        reason = "nested too deeply, or with a number too long to be kept"
        return _unread(None, entry, context, reason)
    revision = Revision(entry.id, content, entry.raw, {**context, "draft": entry.draft})
    status = status_of(entry.raw, draft=entry.draft)
    known = store.annotations.current(entry.id)
    if known is not None and (known.revision, known.status) == (content, status):
        if by_hand or store.annotations.server(entry.id) == context["server"]:
            return PullResult(unchanged=1)
        # It came in a file of nobody knows which server; this is the one, where it can change and go from now on.
        store.annotations.move(revision)
    store.annotations.add_revision(revision, pulled_at=pulled_at)
    annotator = pseudonym_of(store, context["server"], author)
    moved = _moved(store, entry, author, annotator) if known is not None and known.annotator != annotator else ()
    if annotator is None and known is not None:
        # With an account its name goes from what its owner made; who that was is known here.
        annotator = known.annotator
    decoded = _put(store, task, schemas, revision, annotator, status, _read_with(store, task, schemas))
    result = PullResult(
        annotations_new=int(known is None),
        annotations_changed=int(known is not None),
        skipped=int(status == "skipped"),
        resumed=int(known is not None and (known.status, status) == ("skipped", "submitted")),
        drafts=int(status == "draft"),
        returned=int(known is not None and known.status == "deleted"),
        moved=moved,
    )
    if decoded.record is not None:
        return result
    errors = [f"{one.code} {one.message}" for one in decoded.problems if one.severity == "error"]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return result + _unread(entry.id, entry, context, f"{errors[0] if errors else 'no record'}{more}")


def _moved(store: Store, entry: _Entry, author: Author, annotator: str | None) -> tuple[Moved, ...]:
    """That a known annotation has another owner now, or has just lost the one it had with their account."""
    before = store.annotations.get(entry.id)
    if before is None or before.annotator is None or entry.draft:
        return ()
    # A file that names nobody says nothing of accounts.
    lost = "completed_by" in entry.raw and before.raw.get("completed_by") is not None
    return (Moved(entry.id, before.annotator, annotator),) if author.key is not None or lost else ()


def _unread(kept_as: str | None, entry: _Entry, context: Mapping[str, Any], reason: str) -> PullResult:
    named = Unreadable(context["ls_task"], entry.pointer, kept_as, reason, url=context["url"])
    return PullResult(undecodable=1, unreadable=(named,))


def _put(
    store: Store,
    task: Task,
    schemas: Schemas,
    revision: Revision,
    annotator: str | None,
    status: str,
    decoded_with: str,
    earlier: Annotation | None = None,
) -> Decoded:
    """Read a kept revision and make it the current one.

    What was read of the revision `earlier` says for good which interface and codebook it was made with, and by which
    version of the task.
    """
    context = revision.context
    interface = earlier.interface if earlier is not None else made_with(store, task, revision)
    codebook = earlier.codebook if earlier is not None else instructed_by(store, revision)
    today = reading(store, task, revision, interface)
    item = Item(
        annotation_id=revision.id,
        article_id=context.get("article_id"),
        text=store.articles.text(context["sha256"]) if context.get("sha256") else None,
        annotator=annotator,
        revision=revision.revision,
        draft=bool(context.get("draft")),
        url=context.get("url"),
        part=Part(**context["part"]) if context.get("part") else None,
        counted=_counted(store, context),
        objects=_objects(store, context),
    )
    decoded = decode(today.raw, item=item, task=task, schemas=schemas)
    problems = decoded.problems if today.origin is None else with_origins(decoded.problems, today.origin)
    tellable = _tellable(schemas)
    interface, codebook = interface if "interface" in tellable else None, codebook if "codebook" in tellable else None
    store.annotations.put(
        revision,
        task=task.name,
        status=status,
        annotator=annotator,
        record=decoded.record
        and replace(
            decoded.record,
            task_version=earlier.task_version if earlier is not None else task.version,
            interface=interface,
            codebook=codebook,
        ),
        problems=problems,
        decoded_with=decoded_with,
    )
    return decoded


def _counted(store: Store, context: Mapping[str, Any]) -> Counted | None:
    """In which unit the offsets of the annotation's project count, if that was decided."""
    decision = store.units.get(context["server"], context.get("project")) if context.get("server") else None
    return Counted(decision.unit, decision.certain) if decision else None


def _objects(store: Store, context: Mapping[str, Any]) -> dict[str, str]:
    """The sources of the objects in another tag than Text that the annotation's spans were marked in."""
    found = {tag: store.articles.text(sha256) for tag, sha256 in (context.get("objects") or {}).items()}
    return {tag: source for tag, source in found.items() if source is not None}


def _apart(store: Store, entry: _Entry, context: Mapping[str, Any]) -> _Entry:
    """The entry; with an id of its own if what the workspace has under its number is about another article."""
    known = store.annotations.about(entry.id) if not isinstance(entry.raw.get("unique_id"), str) else None
    if known is None or known == context["article_id"]:
        return entry
    return replace(entry, id=f"{entry.id}-{context['article_id']}")


def _entries(ls_task: Mapping[str, Any], project_id: int | None) -> Iterator[_Entry]:
    seen: set[str] = set()
    for key, draft in (("annotations", False), ("drafts", True)):
        found = ls_task.get(key)
        for position, raw in enumerate(found if isinstance(found, list) else ()):
            if not isinstance(raw, dict):
                # `_strange` tells of it.
                continue
            own = _own_id(raw, ls_task, project_id, position, draft)
            # Label Studio never gives an id twice; a file that does must not make two annotations one.
            own = f"{own}-{position}" if own in seen else own
            seen.add(own)
            yield _Entry(own, raw, draft, f"/{key}/{position}")


def _strange(ls_task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where something else stands than an annotation or a draft, and what."""
    for key in ("annotations", "drafts"):
        found = ls_task.get(key)
        if not isinstance(found, list | None):
            yield f"/{key}", f"{kind_of(found)} where a list belongs"
            continue
        for position, raw in enumerate(found or ()):
            if not isinstance(raw, dict):
                yield f"/{key}/{position}", f"{kind_of(raw)} where an object belongs"


def _own_id(
    raw: Mapping[str, Any], ls_task: Mapping[str, Any], project_id: int | None, position: int, draft: bool
) -> str:
    unique, number = raw.get("unique_id"), raw.get("id")
    if isinstance(unique, str) and _UNIQUE_ID.fullmatch(unique):
        return unique
    kind = "draft-" if draft else ""
    own = number if type(number) is int else f"{ls_task.get('id')}-{position}"
    return f"ls-{_project(ls_task, project_id)}-{kind}{own}"


def _project(ls_task: Mapping[str, Any], project_id: int | None) -> int | None:
    found = ls_task.get("project") if project_id is None else project_id
    return found if type(found) is int and 0 <= found <= _MAX_ID else None


def _content_hash(raw: Mapping[str, Any], author: str | None, context: Mapping[str, Any]) -> str:
    """The hash of what an annotation says and about which text; of a part, also where that stands in its whole.

    What else a document carries (times of reading, counters, enclosed suggestions) differs between the API and an
    export of the very same annotation.
    """
    content = {key: raw.get(key) for key in _CONTENT}
    about = [context["article_id"], context["sha256"], author, *([context["part"]] if "part" in context else [])]
    canonical = json.dumps([content, about], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
