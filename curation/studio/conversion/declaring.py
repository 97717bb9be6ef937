"""Read what an interface of any text project declares; what its author left to the data is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast
from xml.etree.ElementTree import Element

from curation.errors import CurationError
from curation.studio.conversion.declaration import ROW_TYPES, Condition, Declaration, Declared, Shown
from curation.studio.conversion.inferring import infer as infer
from curation.studio.markup import parse_xml

_TEXTS = {"text": "Text", "hypertext": "HyperText", "paragraphs": "Paragraphs"}
_VALUES = {"labels": "label", "choices": "choice", "taxonomy": "choice"}
_VARIABLE = re.compile(r"\$([\w.\[\]-]+)")
_STARS = 5


@dataclass(frozen=True, slots=True)
class _Tag:
    """An element with its names in lower case, as Label Studio reads them, and what surrounds it."""

    element: Element
    name: str
    attributes: Mapping[str, str]
    conditions: tuple[Condition, ...]
    repeated: bool

    def has(self, attribute: str, value: str = "true") -> bool:
        return self.attributes.get(attribute, "").lower() == value

    @property
    def is_control(self) -> bool:
        """A Filter points to a control and writes nothing."""
        return bool(self.attributes.get("name") and self.attributes.get("toname")) and self.name != "filter"

    @property
    def is_fixed(self) -> bool:
        """Whether its name is the one that rows carry; a Repeater numbers it."""
        return not self.repeated and not re.search(r"[{$]", self.attributes.get("name", ""))


def declare(xml: str, file: str = "the interface") -> Declaration:
    """The controls, texts and labels of relations in an interface.

    Raises `E_DEFINITION` if it is not well-formed XML, declares a DTD, or has neither a control nor a text; `file` is
    its name in the message.
    """
    tags = list(_walk(parse_xml(xml.lstrip("\ufeff \t\r\n"), file)))
    controls = [tag for tag in tags if tag.is_control]
    texts = [tag for tag in tags if tag.name in _TEXTS and tag.attributes.get("name")]
    if not controls and not texts:
        raise CurationError(
            "E_DEFINITION",
            f"{file} has no control and no text",
            fix="save the labeling interface as Label Studio shows it under Settings, Code",
        )
    declared: dict[str, Declared] = {}
    seen = {tag.attributes["name"] for tag in texts}
    aliases = {tag.attributes["name"]: _aliases(tag) for tag in controls if tag.name in _VALUES}
    others = {tag.attributes["name"] for tag in tags if _is_other_object(tag)} - seen
    for tag in controls:
        if tag.is_fixed:
            control = _declared(tag, others)
            conditions = tuple(_aliased(condition, aliases) for condition in control.conditions)
            declared.setdefault(control.name, replace(control, conditions=conditions))
    relations, single = _relations(tags)
    return Declaration(
        controls=declared,
        texts=_ordered([_shown(tag) for tag in texts if tag.is_fixed], declared),
        relations=relations,
        relation_single=single,
        inferred=False,
        open=not all(tag.is_fixed for tag in (*controls, *texts)),
    )


def _walk(root: Element) -> Iterator[_Tag]:
    """Every element in the order of the document, however deep; a condition holds for all that is inside."""
    stack: list[tuple[Element, tuple[Condition, ...], bool]] = [(root, (), False)]
    while stack:
        element, conditions, repeated = stack.pop()
        attributes = {key.lower(): value for key, value in element.attrib.items()}
        conditions = tuple(dict.fromkeys((*conditions, *_conditions(attributes))))
        yield _Tag(element, element.tag.lower(), attributes, conditions, repeated)
        inside = repeated or element.tag.lower() == "repeater"
        stack += [(child, conditions, inside) for child in reversed(element)]


def _conditions(attributes: Mapping[str, str]) -> Iterator[Condition]:
    when, control = attributes.get("visiblewhen", "").strip(), attributes.get("whentagname") or None
    labels, choices = (attributes.get(key) for key in ("whenlabelvalue", "whenchoicevalue"))
    if when == "region-selected":
        yield Condition("region", control, _listed(labels))
    elif when == "choice-selected" and control:
        yield Condition("chosen", control, _listed(choices))
    elif when == "choice-unselected" and control:
        yield Condition("unchosen", control, _listed(choices))
    elif when or labels or choices:
        yield Condition("other")


def _listed(written: str | None) -> frozenset[str] | None:
    # A value may hold a comma itself, so that the whole is one of the alternatives.
    return frozenset((written, *(part.strip() for part in written.split(",")))) if written else None


def _aliased(condition: Condition, aliases: Mapping[str, Mapping[str, str]]) -> Condition:
    """Conditions name what is shown on the screen, rows hold its alias."""
    if condition.values is None:
        return condition
    known = (
        [aliases.get(condition.control, {})] if condition.control and condition.when != "region" else aliases.values()
    )
    more = {of[value] for of in known for value in condition.values if value in of}
    return replace(condition, values=condition.values | more)


def _aliases(tag: _Tag) -> dict[str, str]:
    found = {}
    for child in tag.element.iter():
        if child.tag.lower() == _VALUES[tag.name] and child.get("alias"):
            found[child.get("value", "")] = child.get("alias", "")
    return found


def _declared(tag: _Tag, others: set[str]) -> Declared:
    to_names = tuple(part.strip() for part in tag.attributes["toname"].split(",") if part.strip())
    kind = ROW_TYPES.get(tag.name, "other")
    if kind == "labels" and others.intersection(to_names):
        # Labels of a sound or an image count no characters.
        kind = "other"
    paths = _paths(tag) if kind in ("labels", "choices", "taxonomy") else None
    tree = kind == "taxonomy" or tag.has("allownested")
    return Declared(
        name=tag.attributes["name"],
        kind=kind,
        row_type=tag.name,
        to_names=to_names,
        values=None if paths is None else frozenset(path[-1] for path in paths),
        paths=_selectable(tag, paths) if paths is not None and tree else None,
        per_region=tag.has("perregion"),
        # What is asked for each item of a list has rows of its own for each, which cannot be counted here.
        required=tag.has("required") and not tag.has("peritem"),
        single=_is_single(tag),
        empty=tag.has("allowempty"),
        conditions=tag.conditions,
        least=0.0 if kind == "rating" else _number(tag.attributes.get("min")) if kind == "number" else None,
        most=_most(tag),
    )


def _is_single(tag: _Tag) -> bool:
    if tag.name == "taxonomy":
        return tag.attributes.get("maxusages") == "1"
    if tag.name == "textarea":
        return tag.attributes.get("maxsubmissions") == "1"
    if tag.name in ("rating", "number"):
        return True
    return tag.attributes.get("choice", "single") != "multiple"


def _most(tag: _Tag) -> float | None:
    if tag.name == "rating":
        written = tag.attributes.get("maxrating")
        return float(_STARS) if written is None else _number(written)
    return _number(tag.attributes.get("max")) if tag.name == "number" else None


def _number(written: str | None) -> float | None:
    try:
        return None if written is None else float(written)
    except ValueError:
        return None


def _paths(tag: _Tag) -> list[tuple[str, ...]] | None:
    """Every label or choice with those above it, root first; None if values come from the data or from elsewhere."""
    if tag.attributes.get("value", "").startswith("$") or "apiurl" in tag.attributes:
        return None
    found: list[tuple[str, ...]] = []
    stack: list[tuple[Element, tuple[str, ...]]] = [(child, ()) for child in reversed(tag.element)]
    while stack:
        element, above = stack.pop()
        if element.tag.lower() == _VALUES.get(tag.name, "label"):
            value = element.get("alias") or element.get("value") or ""
            if value.startswith("$"):
                return None
            above = (*above, value)
            found.append(above)
        stack += [(child, above) for child in reversed(element)]
    return found


def _selectable(tag: _Tag, paths: list[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    if not tag.has("leafsonly"):
        return frozenset(paths)
    inner = {path[:-1] for path in paths}
    return frozenset(path for path in paths if path not in inner)


def _is_other_object(tag: _Tag) -> bool:
    """Whether it shows an image, a sound or the like."""
    shows = "name" in tag.attributes and ("value" in tag.attributes or "valuelist" in tag.attributes)
    return shows and "toname" not in tag.attributes and tag.name not in _TEXTS


def _shown(tag: _Tag) -> Shown:
    value = tag.attributes.get("value") or tag.attributes.get("valuelist") or ""
    variable = _VARIABLE.fullmatch(value)
    encoding = tag.attributes.get("encoding", "none").lower()
    return Shown(
        name=tag.attributes["name"],
        tag=cast(Literal["Text", "HyperText", "Paragraphs"], _TEXTS[tag.name]),
        key=variable[1] if variable else "",
        template="" if variable else value,
        readable=not tag.has("valuetype", "url") and encoding in ("", "none"),
        text_key=tag.attributes.get("textkey") or "text",
    )


def _ordered(texts: list[Shown], controls: Mapping[str, Declared]) -> dict[str, Shown]:
    """Those whose characters are marked first, then those that are annotated, then the others."""
    marked = {name for control in controls.values() if control.kind == "labels" for name in control.to_names}
    judged = {name for control in controls.values() for name in control.to_names}
    order = sorted(texts, key=lambda text: 0 if text.name in marked else 1 if text.name in judged else 2)
    return {text.name: text for text in order}


def _relations(tags: list[_Tag]) -> tuple[frozenset[str] | None, bool]:
    """The labels of relations, None if they come from the data; and whether a relation takes only one."""
    found = [tag for tag in tags if tag.name == "relations"]
    values = [tag.attributes.get("value", "") for tag in tags if tag.name == "relation"]
    if any(value.startswith("$") for value in values) or any("value" in tag.attributes for tag in found):
        return None, False
    return frozenset(filter(None, values)), any(tag.has("choice", "single") for tag in found)
