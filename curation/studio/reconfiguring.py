"""Carry a migration over to an interface.xml, edited in place: what it does not concern stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from curation.catalog import Task
from curation.catalog.migration import Names, Plan
from curation.errors import CurationError

_ATTRIBUTE = re.compile(rb"""\s+(?P<name>[^\s=/>]+)\s*=\s*(?P<quote>["'])(?P<value>.*?)(?P=quote)""", re.DOTALL)
_TAG_END = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*>""", re.DOTALL)
_VALUE_TAGS = ("Choice", "Label")


@dataclass(slots=True)
class _Node:
    """An element as it stands in the bytes: from `start` to `end`, its first tag to `tag_end`."""

    tag: str
    attributes: Mapping[str, str]
    parent: _Node | None
    start: int
    tag_end: int
    end: int = 0
    children: list[_Node] = field(default_factory=list)

    def walk(self) -> Iterator[_Node]:
        """The element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def written(self) -> str:
        """What the element writes into annotations, if it is a value."""
        return self.attributes.get("alias") or self.attributes.get("value") or ""


class _Document:
    """An XML document with edits to come. Positions are bytes."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-8")
        self._edits: list[tuple[int, int, bytes]] = []
        self.root = _parse(self._bytes)

    def source(self, node: _Node) -> str:
        """An element as it is written."""
        return self._bytes[node.start : node.end].decode("utf-8")

    def set(self, node: _Node, name: str, value: str | None) -> None:
        """Give an attribute that is there another value, or remove it."""
        for found in _ATTRIBUTE.finditer(self._bytes, node.start, node.tag_end):
            if found["name"].decode() != name:
                continue
            if value is None:
                self._edits.append((found.start(), found.end(), b""))
            elif node.attributes[name] != value:
                quoted = escape(value, {'"': "&quot;", "'": "&apos;"}).encode()
                self._edits.append((found.start("value"), found.end("value"), quoted))

    def rename(self, node: _Node, value: str) -> None:
        """Let a value write another word."""
        self.set(node, "alias" if node.attributes.get("alias") else "value", value)

    def remove(self, node: _Node) -> None:
        """Remove an element, with its line where it has that for itself."""
        start, end = node.start, node.end
        before = self._bytes.rfind(b"\n", 0, start) + 1
        after = self._bytes.find(b"\n", end)
        if after >= 0 and not self._bytes[before:start].strip() and not self._bytes[end:after].strip():
            start, end = before, after + 1
        self._edits.append((start, end, b""))

    def add_after(self, node: _Node, text: str) -> None:
        """Write an element behind another one, on a line of its own if that has one."""
        before = self._bytes.rfind(b"\n", 0, node.start) + 1
        indent = self._bytes[before : node.start]
        line = b"\n" + indent if before and not indent.strip() else b""
        self._edits.append((node.end, node.end, line + text.encode("utf-8")))

    def edited(self) -> str:
        """The document with all edits made; those inside what is removed are not."""
        removed = [(start, end) for start, end, text in self._edits if not text and end > start]
        made = bytearray(self._bytes)
        whole = [edit for edit in self._edits if not any(_is_inside(edit, one) for one in removed)]
        order = sorted(enumerate(whole), key=lambda one: (one[1][0], one[0]))
        for _, (start, end, text) in reversed(order):
            made[start:end] = text
        return made.decode("utf-8")


def reconfigure(xml: str, plan: Plan, before: Task, after: Task) -> tuple[str, tuple[str, ...]]:
    """The interface for the task as it is after a migration, and in words what is left to be looked at by hand.

    Raises `E_DEFINITION` for what is no XML.
    """
    document = _Document(xml)
    _Edit(document, plan, before, after).make()
    return document.edited(), (*_mentioned(document, plan), *_copied_cards(plan))


class _Edit:
    """The edits of one migration."""

    def __init__(self, document: _Document, plan: Plan, before: Task, after: Task) -> None:
        self._document = document
        self._plan = plan
        self._before = before
        self._after = after
        self._nodes = list(document.root.walk())

    def make(self) -> None:
        """Note all edits."""
        for node in self._nodes:
            if node.tag == "Labels" and node.attributes.get("name") == self._before.span_control:
                self._values(node, self._plan.labels, lambda child: child.tag == "Label")
            elif node.tag == "Relations":
                self._values(node, self._plan.relations, lambda child: child.tag == "Relation")
        for name in self._before.labels:
            self._shown_for(name)
        for label, old in self._before.fields:
            owner = self._plan.labels.lives_on(label.name) if label else None
            changes = self._plan.attributes[label.name] if label else self._plan.choices
            kept = self._after.labels[owner].attributes if owner else {} if label else self._after.choices
            new = kept.get(changes[old.name].name or "")
            for node in self._controls({old.control}):
                if new is None:
                    self._document.remove(node)
                else:
                    _limit(self._document, node, changes[old.name].values, new.values)
            if new is not None:
                self._conditions(old.control, changes[old.name].values)

    def _values(self, parent: _Node, names: Names, is_value: Callable[[_Node], bool]) -> None:
        """The labels, or the relations: renamed, removed, and at the end those that are split off."""
        there = {child.written: child for child in parent.walk() if is_value(child)}
        for name, node in there.items():
            new = names.lives_on(name)
            if new is not None:
                self._document.rename(node, new)
            elif name in names.to:
                self._document.remove(node)
        last = list(there.values())[-1:]
        for new, old in names.creator.items():
            if names.to[old] != new and old in there:
                self._document.add_after(last[0], _copy_of_value(self._document.source(there[old]), new))

    def _shown_for(self, label: str) -> None:
        """What is shown for a label: for its new name, or not at all; what is split off has a copy."""
        plan, control = self._plan.labels, self._before.span_control
        shown = [node for node in self._nodes if node.attributes.get("whenTagName") == control]
        new = plan.lives_on(label)
        for node in shown:
            listed = [one.strip() for one in node.attributes.get("whenLabelValue", "").split(",")]
            if label not in listed:
                continue
            # Lists are renamed as a whole, once.
            if label == next(one for one in listed if one in plan.to):
                there = [name for one in listed for name in plan.destinations(one) if len(listed) > 1 or name == new]
                if there:
                    self._document.set(node, "whenLabelValue", _list(there))
            if new is None and listed == [label] and self._is_only_for(node, label):
                self._document.remove(node)
        for split_off, old in plan.creator.items():
            if old == label and plan.to[old] != split_off:
                self._copy(shown, label, split_off)

    def _is_only_for(self, node: _Node, label: str) -> bool:
        own = {one.control for one in self._before.labels[label].attributes.values()}
        return all(child.attributes.get("name") in own for child in node.walk() if "toName" in child.attributes)

    def _copy(self, shown: list[_Node], label: str, new: str) -> None:
        """Copies of the outermost elements that are shown for a label, behind all of them."""
        own = [node for node in shown if node.attributes.get("whenLabelValue") == label]
        outermost = [node for node in own if not any(node in other.walk() for other in own if other is not node)]
        for node in outermost:
            self._document.add_after(outermost[-1], self._copied(self._document.source(node), label, new))

    def _copied(self, source: str, label: str, new: str) -> str:
        document = _Document(source)
        changes = self._plan.attributes[label]
        fields = {one.control: one for one in self._before.labels[label].attributes.values()}
        for node in document.root.walk():
            document.set(node, "hotkey", None)
            if node.attributes.get("whenLabelValue") == label:
                document.set(node, "whenLabelValue", _list([new]))
            for key in ("name", "whenTagName"):
                old = fields.get(node.attributes.get(key, ""))
                kept = self._after.labels[new].attributes.get(changes[old.name].name or "") if old else None
                if old is not None and kept is not None:
                    document.set(node, key, kept.control)
                elif old is not None and key == "name":
                    document.remove(node)
                if old is not None and kept is not None and key == "name":
                    _limit(document, node, changes[old.name].values, kept.values)
        return document.edited()

    def _controls(self, names: set[str]) -> Iterable[_Node]:
        return (node for node in self._nodes if "toName" in node.attributes and node.attributes.get("name") in names)

    def _conditions(self, control: str, values: Names) -> None:
        for node in self._nodes:
            if node.attributes.get("whenTagName") != control or "whenChoiceValue" not in node.attributes:
                continue
            listed = [one.strip() for one in node.attributes["whenChoiceValue"].split(",")]
            there = [name for one in listed for name in values.destinations(one)]
            if there:
                self._document.set(node, "whenChoiceValue", _list(there))


def _list(names: Iterable[str]) -> str:
    """Names as `whenLabelValue` and `whenChoiceValue` hold them."""
    for name in names:
        if "," in name:
            message = f"{name!r} cannot be what something in interface.xml is shown for: there a comma ends a name"
            raise CurationError("E_MIGRATION_MAP", message, fix="choose a name without a comma")
    return ",".join(dict.fromkeys(names))


def _is_inside(edit: tuple[int, int, bytes], removed: tuple[int, int]) -> bool:
    return removed[0] <= edit[0] and edit[1] <= removed[1] and edit[:2] != removed


def _limit(document: _Document, control: _Node, names: Names, wanted: Iterable[str]) -> None:
    """Bring a control's values to those wanted: rename, remove, and append what was merged into it."""
    nodes = [child for child in control.walk() if child.tag in _VALUE_TAGS]
    there = []
    for node in nodes:
        new = names.lives_on(node.written) if node.written in names.to else node.written
        if new is None or new not in wanted:
            document.remove(node)
        else:
            document.rename(node, new)
            there.append(new)
    for new in wanted:
        if nodes and new not in there:
            document.add_after(nodes[-1], _copy_of_value(document.source(nodes[-1]), new))


def _copy_of_value(source: str, value: str) -> str:
    document = _Document(source)
    document.set(document.root, "hotkey", None)
    document.rename(document.root, value)
    return document.edited()


def _mentioned(document: _Document, plan: Plan) -> Iterator[str]:
    """Names in the interface's own texts that are no longer those of the task."""
    gone = {
        old
        for names in (plan.labels, plan.relations)
        for old, new in names.to.items()
        if old != new or old in names.splits
    }
    text = document.source(document.root)
    words = re.sub(r"""<(?!!\[CDATA\[)(?:[^"'<>]|"[^"]*"|'[^']*')*>""", " ", text)
    titles = " ".join(
        value
        for node in document.root.walk()
        if node.tag in ("Header", "Markdown", "Text", "TextArea", "Choices", "Labels")
        for key, value in node.attributes.items()
        if key in ("value", "placeholder", "requiredMessage", "hint")
    )
    found = [old for old in sorted(gone) if re.search(rf"\b{re.escape(old)}\b", f"{words} {titles}")]
    if found:
        yield f"interface.xml: its texts speak of {', '.join(found)}; see that they still say what is meant"


def _copied_cards(plan: Plan) -> Iterator[str]:
    for new, old in plan.labels.creator.items():
        if plan.labels.to[old] != new:
            yield f"interface.xml: what is shown for {new} is a copy of what is shown for {old}, without hotkeys"


def _parse(data: bytes) -> _Node:
    # Without the declaration's encoding, which is not that of these bytes.
    parser = expat.ParserCreate("utf-8")
    stack: list[_Node] = []
    roots: list[_Node] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        end = _TAG_END.match(data, at)
        node = _Node(tag, attributes, stack[-1] if stack else None, at, end.end() if end else at)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def end(tag: str) -> None:
        node = stack.pop()
        empty = data[node.tag_end - 2 : node.tag_end] == b"/>"
        node.end = node.tag_end if empty else data.index(b">", parser.CurrentByteIndex) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise CurationError("E_DEFINITION", f"interface.xml: {error}", fix="make it well-formed XML") from None
    return roots[0]
