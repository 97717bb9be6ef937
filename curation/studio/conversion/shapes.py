"""Types of usual items, learnt from the keys of those before: an item is of such a type if nothing in it is unusual."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, defstruct

from curation.studio.conversion.declaration import Declaration

ITEM = ("id", "data", "annotations", "predictions", "drafts", "created_at", "updated_at")
ANNOTATION = (
    "id", "completed_by", "result", "was_cancelled", "ground_truth", "created_at", "updated_at", "lead_time",
    "unique_id",
)  # fmt: skip
"""The keys that columns hold."""

_MOST = 200
_MAX_RELEARNT = 32


class Keys:
    """The keys of objects of one kind: `always` there, or only in `some`."""

    def __init__(self) -> None:
        self.order: dict[str, None] = {}
        self.always: set[str] | None = None

    def learn(self, keys: Iterable[str]) -> bool:
        """Take in the keys of one; whether that changes anything."""
        new = dict.fromkeys(keys)
        if self.always is not None and new.keys() <= self.order.keys() and self.always <= new.keys():
            return False
        if len(self.order | new) > _MOST:
            return False
        self.order |= new
        self.always = set(new) if self.always is None else self.always & set(new)
        return True


class Shape:
    """The type of objects of one kind. Fields are named after their keys where `own` has them, else by number.

    `fields` has the keys by fields, `others` the fields of keys that no column holds and that are always there,
    `sometimes` of those that are not.
    """

    def __init__(self, name: str, keys: Keys, own: Mapping[str, Any]) -> None:
        always = keys.always or set()
        self.fields = {key if key in own else f"k{number}": key for number, key in enumerate(keys.order)}
        for key in own:
            self.fields.setdefault(key, key)
        others = [field for field, key in self.fields.items() if key not in own]
        self.others = [field for field in others if self.fields[field] in always]
        self.sometimes = [field for field in others if self.fields[field] not in always]
        # A key of ours has to be there or not where it was or was not, so that keys need no counting.
        given = [
            (field, own.get(key, Any))
            if key in always
            else (field, own.get(key, Any) | UnsetType, UNSET)
            if key in own
            else (field, Any, UNSET)
            for field, key in self.fields.items()
        ]
        rename = {field: key for field, key in self.fields.items() if field != key}
        self.type: type[Struct] = defstruct(
            name, given, rename=rename, kw_only=True, forbid_unknown_fields=True, gc=False
        )
        kept = [(field, Any, UNSET) for field in others]
        renamed = {field: self.fields[field] for field in others}
        self._kept: type[Struct] = defstruct(f"{name}Kept", kept, rename=renamed, gc=False)
        self._values = _getter(others)

    def kept(self, given: Any) -> Struct:
        """An object with what no column of that object's holds."""
        return self._kept(*self._values(given))


def _getter(fields: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda given: tuple(getattr(given, field) for field in fields)


class Shapes:
    """What items look like so far."""

    def __init__(self, declaration: Declaration) -> None:
        self._row = row_type(declaration)
        self._items = Keys()
        self._annotations = Keys()
        self._relearnt = 0

    def learn(self, item: Mapping[str, Any]) -> bool:
        """Take in an item; whether its shape was new."""
        if self._relearnt >= _MAX_RELEARNT or any('"' in key or "\\" in key or not key.isprintable() for key in item):
            return False
        changed = self._items.learn(item)
        given = item.get("annotations")
        for annotation in given if isinstance(given, list) else ():
            if isinstance(annotation, dict):
                if any('"' in key or "\\" in key or not key.isprintable() for key in annotation):
                    return False
                changed |= self._annotations.learn(annotation)
        self._relearnt += changed
        return changed

    def shapes(self) -> tuple[Shape, Shape]:
        """The shapes of items and of annotations."""
        text = str | None
        annotation = Shape(
            "Annotation",
            self._annotations,
            {
                "id": int,
                "completed_by": int | dict[str, Any],
                "result": list[self._row],  # type: ignore[name-defined]
                "was_cancelled": bool | None,
                "ground_truth": bool | None,
                "created_at": text,
                "updated_at": text,
                "lead_time": int | float | None,
                "unique_id": text,
            },
        )
        item = Shape(
            "Item",
            self._items,
            {
                "id": int,
                "data": dict[str, Any],
                "annotations": list[annotation.type],  # type: ignore[name-defined]
                "predictions": list[dict[str, Any]],
                "drafts": list[dict[str, Any]],
                "created_at": text,
                "updated_at": text,
            },
        )
        return item, annotation


def row_type(declaration: Declaration) -> Any:
    """The type of usual result rows. Names and labels that are declared are not made anew for each row."""
    controls = declaration.controls.values()
    labels, choices = (_word(one.values for one in controls if one.kind == kind) for kind in ("labels", "choices"))
    objects = {*declaration.texts, *(name for one in controls for name in one.to_names)}
    value = defstruct(
        "Value",
        [
            ("start", int | None, None),
            ("end", int | None, None),
            ("text", str | list[str] | None, None),
            ("labels", list[labels] | None, None),  # type: ignore[valid-type]
            ("choices", list[choices] | None, None),  # type: ignore[valid-type]
            ("taxonomy", list[list[str]] | None, None),
            ("rating", int | float | None, None),
            ("number", int | float | None, None),
        ],
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,
    )
    return defstruct(
        "Row",
        [
            # In the order in which Label Studio writes them, which is that in which they are looked for.
            ("value", value | None, None),
            ("id", str | None, None),
            ("from_name", _word([frozenset(declaration.controls)]) | None, None),
            ("to_name", _word([frozenset(objects)]) | None, None),
            ("type", Literal["labels", "choices", "taxonomy", "rating", "number", "textarea", "relation"]),
            ("origin", Literal["manual", "prediction", "prediction-changed"] | None, None),
            ("from_id", str | None, None),
            ("to_id", str | None, None),
            ("direction", Literal["right", "left", "bi"] | None, None),
            ("labels", list[_word([declaration.relations])] | None, None),  # type: ignore[misc]
        ],
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,
    )


def _word(known: Iterable[frozenset[str] | None]) -> Any:
    """A string that is one of those, any string if some are not known."""
    words: set[str] = set()
    for values in known:
        if values is None:
            return str
        words |= values
    return Literal[tuple(sorted(words))] if words else str


def decoder(shape: Shape) -> Any:
    """A function from JSON to an item of that shape; raises what msgspec raises if it is of another."""
    return msgspec.json.Decoder(shape.type).decode
