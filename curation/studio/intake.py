"""Take what Label Studio holds of one item into the workspace: every raw revision, and the record read from it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from curation.catalog import Schemas, Task
from curation.records import Annotation, Article, article_id
from curation.store import Revision, Store
from curation.studio.authors import author_of, pseudonym_of
from curation.studio.decode import DECODER, Item, Part, decode, status_of
from curation.studio.migrating import reading
from curation.studio.offsets import TAGS, Counted, objects_of, plain_text, spans_of
from curation.studio.raw import SCHEMA, Row, rows_of
from curation.studio.results import PullResult
from curation.studio.rewriting import with_origins
from curation.studio.screens import instructed_by, made_with
from curation.text import content_hash

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTENT = ("result", "was_cancelled", "ground_truth", "lead_time", "created_at")
_MAX_ID = 2**63 - 1
_UNIQUE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An annotation or a draft of an item, and the id that it keeps in the workspace."""

    id: str
    raw: Mapping[str, Any]
    draft: bool


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
) -> PullResult:
    """Keep the annotations and drafts of one item, as the API gives it with all fields or an export has it.

    An article that the workspace lacks is taken in with the text as it is. Call this inside `store.transaction()`; a
    second call changes nothing. `url_of` gives the annotation screen's address of an item's id.
    """
    number = ls_task.get("id")
    entries = list(_entries(ls_task, project_id))
    context = {
        "server": server,
        "project": _project(ls_task, project_id),
        "ls_task": number,
        "url": url_of(number) if type(number) is int else None,
        **_settle_article(store, ls_task, [row for entry in entries for row in rows_of(entry.raw)]),
    }
    result = PullResult(items=1)
    for entry in entries:
        result += _keep(store, task, schemas, entry, context, pulled_at)
    return result


def annotation_ids(ls_task: Mapping[str, Any], project_id: int | None) -> list[str]:
    """The workspace's ids of an item's annotations and drafts, in the order in which `take` keeps them."""
    return [entry.id for entry in _entries(ls_task, project_id)]


def redecode(store: Store, task: Task, schemas: Schemas) -> int:
    """Read all records anew that were read with another task, schema or decoder than today's; returns how many.

    Call it inside `store.transaction()`. Verdicts of what is read anew are open again.
    """
    stale = store.annotations.read_otherwise(task.name, _read_with(store, task, schemas))
    return reread(store, task, schemas, stale)


def reread(store: Store, task: Task, schemas: Schemas, ids: Iterable[str]) -> int:
    """Read these annotations anew, as after a decision about their offsets; returns how many. See `redecode`."""
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
    schema = json.dumps(schemas.document(SCHEMA), sort_keys=True)
    return hashlib.sha256("\0".join((DECODER, task.digest, schema)).encode()).hexdigest()


def _read_with(store: Store, task: Task, schemas: Schemas) -> str:
    """The fingerprint, which the migrations in force change too."""
    made, standing = fingerprint(task, schemas), store.versions.standing(task.name)
    return hashlib.sha256(f"{made}\0{standing}".encode()).hexdigest() if standing else made


@lru_cache(maxsize=4)
def _tellable(schemas: Schemas) -> frozenset[str]:
    """The fields that the workspace's own schema of records knows: those of older ones know no versions."""
    return frozenset(schemas.document("annotation").get("properties", {}))


def _keep(
    store: Store, task: Task, schemas: Schemas, entry: _Entry, context: Mapping[str, Any], pulled_at: str
) -> PullResult:
    author = author_of(entry.raw, draft=entry.draft)
    try:
        content = _content_hash(entry.raw, author.key, context)
    except (RecursionError, ValueError):
        # Nested or numbered beyond what JSON text can carry: there is nothing that could be kept.
        return PullResult(undecodable=1)
    revision = Revision(entry.id, content, entry.raw, {**context, "draft": entry.draft})
    status = status_of(entry.raw, draft=entry.draft)
    known = store.annotations.current_revision(entry.id)
    if known == (content, status):
        return PullResult(unchanged=1)
    store.annotations.add_revision(revision, pulled_at=pulled_at)
    annotator = pseudonym_of(store, context["server"], author)
    readable = _put(store, task, schemas, revision, annotator, status, _read_with(store, task, schemas))
    return PullResult(
        annotations_new=int(known is None),
        annotations_changed=int(known is not None),
        skipped=int(status == "skipped"),
        drafts=int(status == "draft"),
        undecodable=int(not readable),
    )


def _put(
    store: Store,
    task: Task,
    schemas: Schemas,
    revision: Revision,
    annotator: str | None,
    status: str,
    decoded_with: str,
    earlier: Annotation | None = None,
) -> bool:
    """Read a kept revision and make it the current one; whether it gave a record.

    What was read of the revision `earlier` says for good which interface and codebook it was made with.
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
        record=decoded.record and replace(decoded.record, interface=interface, codebook=codebook),
        problems=problems,
        decoded_with=decoded_with,
    )
    return decoded.record is not None


def _counted(store: Store, context: Mapping[str, Any]) -> Counted | None:
    """In which unit the offsets of the annotation's project count, if that was decided."""
    decision = store.units.get(context["server"], context.get("project")) if context.get("server") else None
    return Counted(decision.unit, decision.certain) if decision else None


def _objects(store: Store, context: Mapping[str, Any]) -> dict[str, str]:
    """The sources of the objects in another tag than Text that the annotation's spans were marked in."""
    found = {tag: store.articles.text(sha256) for tag, sha256 in (context.get("objects") or {}).items()}
    return {tag: source for tag, source in found.items() if source is not None}


def _settle_article(store: Store, ls_task: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """The article that an item is about and the hash of the text that it shows; takes in what the workspace lacks."""
    data = ls_task.get("data")
    data = data if isinstance(data, dict) else {}
    named = _name(data.get("article_id"))
    article = store.articles.get(named) if named else None
    place = store.parts.place(named) if named else None
    there = article or place
    text, objects = _seen(data, rows, store.articles.text(there.sha256) if there else None)
    kept = {"objects": {tag: _keep_source(store, source) for tag, source in objects.items()}} if objects else {}
    if text is None:
        # The item leaves its text out, so that annotators saw the article's.
        return {**_about(store, named, there.sha256 if there else None), **kept}
    sha256 = content_hash(text)
    known = named if article or place else store.articles.with_text(sha256) or store.parts.with_text(sha256)
    if known is None:
        known = article_id(named, sha256)
        adopted = Article(known, text, sha256, _shown(data.get("title")), source_id=named, source="label-studio")
        store.articles.add(adopted, normalisation="raw")
    if store.articles.text(sha256) is None:
        store.articles.keep_text(sha256, text)
    return {**_about(store, known, sha256), **kept}


def _seen(data: Mapping[str, Any], rows: Sequence[Row], known: str | None) -> tuple[str | None, dict[str, str]]:
    """The text that annotators saw, None if the item leaves it out, and the objects in another tag that show it.

    `known` is the text that the workspace has of the item's article, None if it has none.
    """
    text = _shown(data.get("text"))
    marked = [row for row in rows if row.text_tag in TAGS]
    if not marked:
        return text, {}
    if known is not None and (objects := objects_of(data, marked, known)):
        return text if any(spans_of(rows)) else known, objects
    if text is not None and (objects := objects_of(data, marked, text)):
        return text, objects
    objects = objects_of(data, marked, None)
    if text is None or json.dumps(text, ensure_ascii=False) in objects.values():
        return _shown(plain_text(objects)), objects
    return text, {}


def _keep_source(store: Store, source: str) -> str:
    sha256 = content_hash(source)
    store.articles.keep_text(sha256, source)
    return sha256


def _about(store: Store, named: str | None, seen: str | None) -> dict[str, Any]:
    """The article and the text that was seen; of a part, the whole article, and where in it the part stands."""
    place = store.parts.place(named) if named else None
    whole = store.articles.get(place.whole) if place else None
    if place is None or whole is None or seen is None:
        return {"article_id": named, "sha256": seen}
    # Where another text was seen than the part's of today, offsets count no text that the workspace has.
    about = whole.sha256 if place.sha256 == seen and not place.former else seen
    part = {"number": place.number, "start": place.start, "whole_sha256": about}
    return {"article_id": whole.id, "sha256": seen, "part": part}


def _entries(ls_task: Mapping[str, Any], project_id: int | None) -> Iterator[_Entry]:
    seen: set[str] = set()
    for key, draft in (("annotations", False), ("drafts", True)):
        found = ls_task.get(key)
        for position, raw in enumerate(found if isinstance(found, list) else ()):
            if not isinstance(raw, dict):
                continue
            own = _own_id(raw, ls_task, project_id, position, draft)
            # Label Studio never gives an id twice; a file that does must not make two annotations one.
            own = f"{own}-{position}" if own in seen else own
            seen.add(own)
            yield _Entry(own, raw, draft)


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


def _name(value: Any) -> str | None:
    """An article's id as items carry it: a string, or a number in tables made elsewhere."""
    return str(value) if type(value) is int else _shown(value)


def _shown(value: Any) -> str | None:
    """A string as a browser shows it: without a character of its own, a lone surrogate becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) and value.strip() else None
