"""What an item of Label Studio is about: which article or part, and the text that its annotators saw."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curation.records import Article, article_id
from curation.store import Store
from curation.studio.offsets import TAGS, objects_of, plain_text, spans_of
from curation.studio.raw import Row
from curation.text import content_hash

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item is about: an article or a part that the workspace has, or one that it lacks and could take in.

    `name` is its id, `text` what annotators saw, None if the item leaves that out, and `objects` the sources of what
    was shown in another tag.
    """

    name: str | None
    known: bool
    text: str | None
    objects: Mapping[str, str]
    lacking: Article | None = None


def look(store: Store, ls_task: Mapping[str, Any], rows: Sequence[Row]) -> Subject:
    """What an item is about."""
    data = ls_task.get("data")
    data = data if isinstance(data, dict) else {}
    named = _name(data.get("article_id"))
    article = store.articles.get(named) if named else None
    place = store.parts.place(named) if named else None
    there = article or place
    text, objects = _text_of(data, rows, store.articles.text(there.sha256) if there else None)
    if text is None or there is not None:
        return Subject(named, there is not None, text, objects)
    sha256 = content_hash(text)
    known = store.articles.with_text(sha256) or store.parts.with_text(sha256)
    if known is not None:
        return Subject(known, True, text, objects)
    name = article_id(named, sha256)
    lacking = Article(name, text, sha256, _shown(data.get("title")), source_id=named, source="label-studio")
    return Subject(name, False, text, objects, lacking)


def settle(store: Store, subject: Subject) -> dict[str, Any]:
    """The article that an item is about and the hash of the text that it shows; takes in what the workspace lacks."""
    if subject.lacking is not None:
        store.articles.add(subject.lacking, normalisation="raw")
    kept = {"objects": {tag: _keep_source(store, source) for tag, source in subject.objects.items()}}
    if subject.text is None:
        # The item leaves its text out, so that annotators saw the article's.
        there = (store.articles.get(subject.name) or store.parts.place(subject.name)) if subject.name else None
        about = _about(store, subject.name, there.sha256 if there else None)
    else:
        sha256 = content_hash(subject.text)
        if store.articles.text(sha256) is None:
            store.articles.keep_text(sha256, subject.text)
        about = _about(store, subject.name, sha256)
    return {**about, **(kept if subject.objects else {})}


def _text_of(data: Mapping[str, Any], rows: Sequence[Row], known: str | None) -> tuple[str | None, dict[str, str]]:
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


def _name(value: Any) -> str | None:
    """An article's id as items carry it: a string, or a number in tables made elsewhere."""
    return str(value) if type(value) is int else _shown(value)


def _shown(value: Any) -> str | None:
    """A string as a browser shows it: without a character of its own, a lone surrogate becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) and value.strip() else None
