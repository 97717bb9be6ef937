"""Any item as rows of tables, however it is made, with a finding for everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from curation.findings import finding
from curation.records import Finding
from curation.studio.conversion import checks
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.identities import Ids, annotator_of
from curation.studio.conversion.reading import Texts, converted, lacking, texts_of
from curation.studio.conversion.results import Results, extra_of, json_of
from curation.studio.conversion.tables import Batch
from curation.studio.offsets import Counted
from curation.units import UNITS

_LISTS = ("annotations", "completions")
_TIMES = ("created_at", "updated_at")
_PERSON = ("user", "created_username")
_NAMED = (str, dict)


class Tally:
    """What is counted over all items: keys that went to `extra`, people, ids."""

    def __init__(self) -> None:
        self.kept: Counter[str] = Counter()
        self.people: dict[str, list[bytes]] = {}
        self.ids_alone: Counter[str] = Counter()
        self.ids = {name: Ids() for name in ("item", "annotation", "prediction", "draft")}

    def person(self, name: str, given: Mapping[str, Any]) -> None:
        """Keep what an object says of somebody."""
        encoded = json_of(given).encode()
        known = self.people.setdefault(name, [])
        if encoded not in known:
            known.append(encoded)


class General:
    """Converts one item after the other, given as any JSON value that is an object."""

    def __init__(
        self, declaration: Declaration, tally: Tally, found: Callable[[Finding], None], unit: Counted | None
    ) -> None:
        self._declaration = declaration
        self._tally = tally
        self.found = found
        self._unit = unit
        self._results = Results(declaration, tally.kept)

    def put(self, batch: Batch, item: dict[str, Any], number: int) -> None:
        """Append the rows of an item, the `number`th of its file from 0."""
        rest = dict(item)
        item_id = self._id("item", rest, f"/{number}", article=None)
        data = rest.pop("data", None)
        texts = texts_of(data, self._declaration)
        first = self._declaration.text
        text = texts.of(first.name) if first is not None else None
        if first is not None and first.tag == "Text" and isinstance(data, dict) and data.get(first.key) is text:
            data = {key: value for key, value in data.items() if key != first.key} if text is not None else data
        lists = [(key, rest.pop(key)) for key in _LISTS if isinstance(rest.get(key), list)]
        suggested = {name: self._objects(rest, name) for name in ("predictions", "drafts")}
        for name in suggested:
            if rest.get(name) and _is_ids(rest[name]):
                self._tally.ids_alone[name] += 1
        times = [_taken(rest, key, str) for key in _TIMES]
        kept = None if data is None and "data" not in item else json_of(data)
        batch.plain["items"].append((item_id, text, kept, *times, extra_of("items", rest, self._tally.kept)))
        self._told(self._of_item(item, texts), number, item_id)
        for key, given in lists:
            under = f"/{number}/{key}"
            made = [
                self._annotation(batch, annotation, item_id, texts, f"{under}/{position}")
                for position, annotation in enumerate(given)
            ]
            for position, found in checks.across(given):
                identity, person = made[position]
                pointer = under + (found.json_pointer or "")
                self._tell(replace(found, json_pointer=pointer, annotation=str(identity), annotator=person), item_id)
        for position, one in enumerate(suggested["predictions"]):
            self.prediction(batch, one, item_id, f"/{number}/predictions/{position}")
        for position, one in enumerate(suggested["drafts"]):
            self.draft(batch, one, item_id, f"/{number}/drafts/{position}")

    def prediction(self, batch: Batch, given: dict[str, Any], item_id: int, at: str) -> None:
        """Append a prediction."""
        rest = dict(given)
        identity = self._id("prediction", rest, at, article=item_id)
        version, score = _taken(rest, "model_version", str), _taken(rest, "score", float)
        result = json_of(rest.pop("result")) if "result" in rest else None
        extra = extra_of("predictions", rest, self._tally.kept)
        batch.plain["predictions"].append((item_id, identity, version, score, result, extra))

    def draft(self, batch: Batch, given: dict[str, Any], item_id: int, at: str) -> None:
        """Append a draft."""
        rest = dict(given)
        identity = self._id("draft", rest, at, article=item_id)
        name = annotator_of(given, draft=True)
        if name is not None and (
            person := {key: rest.pop(key) for key in _PERSON if isinstance(rest.get(key), _NAMED)}
        ):
            self._tally.person(name, person)
        result = json_of(rest.pop("result")) if "result" in rest else None
        times = [_taken(rest, key, str) for key in _TIMES]
        extra = extra_of("drafts", rest, self._tally.kept)
        batch.plain["drafts"].append((item_id, identity, name, result, *times, extra))

    def _annotation(self, batch: Batch, given: Any, item_id: int, texts: Texts, at: str) -> tuple[int, str | None]:
        """Append an annotation; its id and its annotator in the tables."""
        rest = dict(given) if isinstance(given, dict) else {"annotation": given}
        identity = self._id("annotation", rest, at, article=item_id)
        name = annotator_of(given) if isinstance(given, dict) else None
        if name is not None:
            person = rest.pop("completed_by")
            if isinstance(person, dict):
                self._tally.person(name, person)
        unique, cancelled = _taken(rest, "unique_id", str), _taken(rest, "was_cancelled", bool)
        truth, times = _taken(rest, "ground_truth", bool), [_taken(rest, key, str) for key in _TIMES]
        lead = _taken(rest, "lead_time", float)
        result = rest.pop("result") if isinstance(rest.get("result"), list) else []
        extra = extra_of("annotations", rest, self._tally.kept)
        status = "skipped" if cancelled else "submitted"
        batch.plain["annotations"].append((item_id, identity, unique, name, status, bool(truth), *times, lead, extra))
        before: dict[int, tuple[int, int]] = {}
        if self._unit is not None and result:
            given, before = converted(given, texts, self._unit)
            result = given["result"]
        self._results.put(batch, result, texts, before)
        batch.end_annotation()
        found = checks.findings(given, texts.plain, self._declaration, texts.pages)
        if before and self._unit is not None:
            found.append(_converted(len(before), self._unit))
        for one in found:
            pointer = at + (one.json_pointer or "")
            self._tell(replace(one, json_pointer=pointer, annotation=str(identity), annotator=name), item_id)
        return identity, name

    def _of_item(self, item: dict[str, Any], texts: Texts) -> Iterable[Finding]:
        if not isinstance(item.get("data"), dict):
            yield finding("F_EXPORT_ITEM", _no_data(item), json_pointer="/data" if "data" in item else "")
        for key in (*_LISTS, "predictions", "drafts"):
            if item.get(key) is None or _is_list(item[key], objects=key not in _LISTS):
                continue
            # Label Studio may write the ids of these alone, and does so of predictions unless it is asked for more.
            if key in _LISTS or not _is_ids(item[key]):
                yield finding("F_RAW_SCHEMA", f"{key} is no list of objects", json_pointer=f"/{key}")
        told: set[str] = set()
        for key in _LISTS:
            for annotation in item[key] if isinstance(item.get(key), list) else ():
                for name, why in lacking(annotation, texts, self._declaration):
                    if name not in told:
                        told.add(name)
                        where = "/data" if "data" in item else ""
                        yield finding("F_EXPORT_TEXT", f"the text of {name!r}: {why}", json_pointer=where)

    def _objects(self, rest: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """The objects in a list, taken out; none, and nothing taken out, if there is anything else in it."""
        return rest.pop(key) if _is_list(rest.get(key), objects=True) else []

    def _id(self, kind: str, rest: dict[str, Any], at: str, *, article: int | None) -> int:
        ids, given = self._tally.ids[kind], rest.get("id")
        if ids.new(given):
            return int(rest.pop("id"))
        identity = ids.stand_in()
        problem = "has no id" if given is None else "has an id that is no integer of 64 bits"
        if type(given) is int and -(1 << 63) <= given < 1 << 63:
            problem = f"has the id {given}, as another one has"
        where = f"{at}/id" if "id" in rest else at
        self._tell(
            finding("F_EXPORT_ID", f"the {kind} {problem}; it is {identity} in the tables", json_pointer=where),
            identity if article is None else article,
        )
        return identity

    def _told(self, found: Iterable[Finding], number: int, item_id: int) -> None:
        for one in found:
            self._tell(replace(one, json_pointer=f"/{number}{one.json_pointer or ''}"), item_id)

    def _tell(self, found: Finding, item_id: int) -> None:
        self.found(replace(found, article_id=str(item_id)))


def _converted(rows: int, counted: Counted) -> Finding:
    return finding(
        "F_OFFSET_CONVERTED",
        f"the offsets of {rows} rows counted {UNITS[counted.unit]} and count code points now",
        json_pointer="/result",
        fix="Nothing needs to be done; the offsets as given are in the column extra.",
    )


def _is_list(value: Any, *, objects: bool) -> bool:
    return isinstance(value, list) and not (objects and not all(isinstance(one, dict) for one in value))


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int for one in value)


def _no_data(item: Mapping[str, Any]) -> str:
    """What is said of an item without data: more, if it seems to be what is around the items."""
    lists = [key for key, value in item.items() if key not in _LISTS and _is_list(value, objects=True) and value]
    around = f"; if the items are in its {lists[0]!r}, save that list as the export" if len(lists) == 1 else ""
    return f"the item has no object `data`{around}"


def _taken(rest: dict[str, Any], key: str, type_: type) -> Any:
    """The value of a type under a key, taken out; None, and nothing taken out, if there is none."""
    found = rest.get(key)
    fits = isinstance(found, type_)
    if type_ is float:
        fits = type(found) is float or (type(found) is int and abs(found) <= 1 << 53)
    if not fits:
        return None
    del rest[key]
    return found
