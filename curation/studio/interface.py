"""Read an interface.xml: its controls, labels and texts, and what of it differs from task.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from curation.catalog import Field, Label, Task
from curation.catalog.codebook import Problem
from curation.errors import CurationError
from curation.studio.markup import FILE, parse_xml
from curation.studio.tasks import DATA_KEYS

_VALUE_TAGS = ("Choice", "Label")
_PLAIN_TAGS = ("Header", "Markdown", "Panel")
_MODES = {"choice": ("single", "single-radio"), "choices": ("multiple",)}
_VARIABLE = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Control:
    """A control that annotators use. `values` are what it writes into annotations, in order.

    `shown_for` is the (Labels control, label) whose selected mention shows it; `choice` is its mode as written.
    """

    name: str
    tag: str
    to_name: str
    values: tuple[str, ...]
    per_region: bool
    required: bool
    choice: str | None
    hotkeys: tuple[str, ...]
    shown_for: tuple[str, str] | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TextObject:
    """What is annotated: `value` is the variable of the item's data, such as `$text`."""

    name: str
    tag: str
    value: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Element:
    """Any element as written, for rules that look at all of them. `text` is what stands directly inside."""

    tag: str
    attributes: Mapping[str, str]
    text: str

    @property
    def place(self) -> str:
        """Tag and name or value, for messages."""
        known = self.attributes.get("name") or self.attributes.get("value")
        return f"<{self.tag} {known!r}>" if known else f"<{self.tag}>"


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as parsed. Elements and controls stand in the order of the document."""

    elements: tuple[Element, ...]
    controls: tuple[Control, ...]
    texts: tuple[TextObject, ...]
    relations: tuple[str, ...]
    relation_choice: str

    def control(self, name: str) -> Control | None:
        """The first control of that name, or None."""
        return next((control for control in self.controls if control.name == name), None)

    @property
    def hotkeys(self) -> tuple[tuple[str, str], ...]:
        """Every hotkey (in lower case: Label Studio ignores case) and what claims it."""
        of_values = [
            (key, f"{value!r} of {control.name!r}")
            for control in self.controls
            for key, value in zip(control.hotkeys, control.values, strict=True)
        ]
        others = [element for element in self.elements if element.tag not in _VALUE_TAGS]
        found = [*of_values, *((element.attributes.get("hotkey", ""), element.place) for element in others)]
        return tuple((key.strip().lower(), place) for key, place in found if key.strip())


@lru_cache(maxsize=8)
def parse_interface(xml: str) -> Interface:
    """The interface in `xml`. Raises `E_DEFINITION` if it is not well-formed, or declares a DTD or entities."""
    root = parse_xml(xml)
    elements = list(root.iter())
    relations = next((element for element in elements if element.tag == "Relations"), None)
    return Interface(
        elements=tuple(Element(element.tag, dict(element.attrib), element.text or "") for element in elements),
        controls=tuple(_control(element) for element in elements if _is_control(element)),
        texts=tuple(_text(element) for element in elements if _is_object(element)),
        relations=() if relations is None else tuple(child.get("value", "") for child in relations.iter("Relation")),
        relation_choice="single" if relations is None else relations.get("choice", "single"),
    )


def check_interface(task: Task) -> list[Problem]:
    """What in the task's interface disagrees with its task.toml, or does not work in Label Studio; empty if nothing."""
    try:
        interface = parse_interface(task.interface)
    except CurationError as error:
        return [Problem(FILE, error.message, error.fix)]
    checks = (_check_title, _check_texts, _check_labels, _check_relations, _check_fields, _check_names, _check_elements)
    return [problem for check in checks for problem in check(task, interface)]


def require_interface(task: Task) -> None:
    """Raise `E_DEFINITION` if annotators would see another screen than task.toml describes."""
    problems = check_interface(task)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        message = f"{task.name}, {problems[0].where}: {problems[0].message}{more}"
        raise CurationError("E_DEFINITION", message, fix=f"curation task check {task.name}")


def _check_title(task: Task, _: Interface) -> Iterator[Problem]:
    if not 3 <= len(task.title) <= 50:
        message = f"the title has {len(task.title)} characters; a Label Studio project takes 3 to 50"
        yield Problem("task.toml, title", message, "shorten or lengthen it")


def _check_texts(task: Task, interface: Interface) -> Iterator[Problem]:
    if all(text.name != task.text_object for text in interface.texts):
        message = f"there is no text object {task.text_object!r}, which task.toml names"
        yield Problem(FILE, message, f'add <Text name="{task.text_object}" value="$text"/>')
    for text in interface.texts:
        where = f"{FILE}, <{text.tag} {text.name!r}>"
        if text.tag != "Text":
            yield Problem(where, f"{text.tag} is not supported; its offsets or content are unsafe", "use Text")
        elif text.name == task.text_object and text.value != "$text":
            yield Problem(where, f"it shows {text.value!r}, not the article", 'write value="$text"')


def _check_labels(task: Task, interface: Interface) -> Iterator[Problem]:
    if task.span_control is None:
        return
    where = f"{FILE}, <Labels {task.span_control!r}>"
    control = interface.control(task.span_control)
    if control is None or control.tag != "Labels":
        yield Problem(where, "there is no such Labels control, which task.toml names", "add it")
        return
    yield from _check_target(task, control, where)
    yield from _check_values(control.values, tuple(task.labels), where)
    if control.choice not in (None, "single"):
        message = f'choice is "{control.choice}", so that one mention could carry several labels'
        yield Problem(where, message, 'write choice="single"')


def _check_relations(task: Task, interface: Interface) -> Iterator[Problem]:
    where = f"{FILE}, <Relations>"
    yield from _check_values(interface.relations, tuple(task.relations), where)
    if interface.relation_choice != "single":
        yield Problem(where, "one relation could carry several labels", 'write choice="single"')


def _check_fields(task: Task, interface: Interface) -> Iterator[Problem]:
    for label, field in task.fields:
        tag = "TextArea" if field.kind == "text" else "Choices"
        where = f"{FILE}, <{tag} {field.control!r}>"
        control = interface.control(field.control)
        if control is None or control.tag != tag:
            owner = f"of {label.name}" if label else "of the article"
            message = f"there is no such control for the field {field.name!r} {owner} in task.toml"
            yield Problem(where, message, "add it, or remove the field from task.toml")
            continue
        yield from _check_target(task, control, where)
        yield from _check_field(field, control, where)
        yield from _check_visibility(task, label, control, where)


def _check_field(field: Field, control: Control, where: str) -> Iterator[Problem]:
    if control.required != field.required:
        message = f"required is {control.required} here and {field.required} in task.toml".lower()
        yield Problem(where, message, f'write required="{str(field.required).lower()}", or correct task.toml')
    if field.kind == "text":
        if control.attributes.get("maxSubmissions") != "1":
            yield Problem(where, "it takes several texts, the field takes one", 'write maxSubmissions="1"')
        return
    yield from _check_values(control.values, field.values, where)
    mode = control.choice or "single"
    if mode not in _MODES[field.kind]:
        message = f'choice is "{mode}", but the field is of the kind "{field.kind}"'
        yield Problem(where, message, f'write choice="{_MODES[field.kind][-1]}", or correct task.toml')


def _check_visibility(task: Task, label: Label | None, control: Control, where: str) -> Iterator[Problem]:
    if label is None:
        if control.per_region or control.shown_for:
            yield Problem(where, "it belongs to a mention, the field to the article", "remove perRegion")
        return
    if not control.per_region:
        yield Problem(where, f"it is asked once, not for each {label.name}", 'write perRegion="true"')
    if control.shown_for != (task.span_control, label.name):
        triple = f'visibleWhen="region-selected" whenTagName="{task.span_control}" whenLabelValue="{label.name}"'
        message = f"it does not say itself that it is for a selected {label.name}; a View around it does not count"
        yield Problem(where, message, f"write {triple} on the control")


def _check_target(task: Task, control: Control, where: str) -> Iterator[Problem]:
    if control.to_name != task.text_object:
        yield Problem(where, f"toName is {control.to_name!r}", f'write toName="{task.text_object}"')


def _check_values(found: tuple[str, ...], wanted: tuple[str, ...], where: str) -> Iterator[Problem]:
    if found == wanted:
        return
    missing = [value for value in wanted if value not in found]
    surplus = [value for value in found if value not in wanted]
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    parts += [f"has {', '.join(map(repr, surplus))}, which task.toml does not"] if surplus else []
    message = " and ".join(parts) or "has the values in another order than task.toml, or one of them twice"
    yield Problem(where, f"it {message}", f"list exactly: {', '.join(wanted) or '(nothing)'}")


def _check_names(task: Task, interface: Interface) -> Iterator[Problem]:
    declared = [field.control for _, field in task.fields]
    declared += [task.span_control] if task.span_control else []
    for name in sorted({name for name in declared if declared.count(name) > 1}):
        yield Problem("task.toml", f"two fields share the control {name!r}", "give each field its own")
    seen: set[str] = set()
    for control in interface.controls:
        where = f"{FILE}, <{control.tag} {control.name!r}>"
        if control.name in seen:
            yield Problem(where, "another control has the same name", "rename one of them")
        elif control.name not in declared:
            yield Problem(where, "task.toml does not name this control", "declare its field, or remove it")
        seen.add(control.name)


def _check_elements(_: Task, interface: Interface) -> Iterator[Problem]:
    claimed: dict[str, str] = {}
    for key, place in interface.hotkeys:
        if claimed.setdefault(key, place) is not place:
            message = f"the hotkey {key!r} belongs to {claimed[key]} as well; hidden controls count too"
            yield Problem(f"{FILE}, {place}", message, "choose another key")
    for element in interface.elements:
        where = f"{FILE}, {element.place}"
        if element.tag == "Style" and ">" in element.text:
            yield Problem(where, "Label Studio strips '>' from styles", "write the selector without it")
        if "html" in element.attributes:
            yield Problem(where, "html from data can take over the page", "remove the attribute html")
        if element.attributes.get("valueType", "text") != "text":
            yield Problem(where, "the text would be fetched from an address", "remove valueType")
        yield from _check_variable(element, where)


def _check_variable(element: Element, where: str) -> Iterator[Problem]:
    if element.tag in ("Choices", "Labels", "Repeater") and element.attributes.get("value", "").startswith("$"):
        yield Problem(where, "its values come from the data, so that task.toml cannot list them", "list them")
        return
    for value in element.attributes.values():
        variable = _VARIABLE.fullmatch(value)
        if variable and variable[1] not in DATA_KEYS:
            message = f"items carry no {value}"
            yield Problem(where, message, f"use one of ${', $'.join(DATA_KEYS)}")


def _is_control(element: ElementTree.Element) -> bool:
    # A Filter points to a control and writes nothing into annotations.
    return "toName" in element.attrib and element.tag != "Filter"


def _is_object(element: ElementTree.Element) -> bool:
    if element.tag in ("Text", "HyperText", "Paragraphs"):
        return True
    shows = "name" in element.attrib and ("value" in element.attrib or "valueList" in element.attrib)
    return shows and "toName" not in element.attrib and element.tag not in (*_VALUE_TAGS, *_PLAIN_TAGS)


def _control(element: ElementTree.Element) -> Control:
    values = [child for child in element.iter() if child.tag in _VALUE_TAGS]
    shown = element.get("visibleWhen") == "region-selected" and element.get("whenTagName")
    return Control(
        name=element.get("name", ""),
        tag=element.tag,
        to_name=element.get("toName", ""),
        values=tuple(child.get("alias") or child.get("value") or "" for child in values),
        per_region=element.get("perRegion", "").lower() == "true",
        required=element.get("required", "").lower() == "true",
        choice=element.get("choice"),
        hotkeys=tuple(child.get("hotkey", "") for child in values),
        shown_for=(shown, element.get("whenLabelValue", "")) if shown else None,
        attributes=dict(element.attrib),
    )


def _text(element: ElementTree.Element) -> TextObject:
    value = element.get("value") or element.get("valueList") or ""
    return TextObject(element.get("name", ""), element.tag, value, dict(element.attrib))
