"""Carry a migration over to task.toml and codebook.md; comments and lines that it does not concern stay as they are."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from curation.catalog.mentioning import said_in_codebook
from curation.catalog.migration import Document, FieldChange, Names, Plan
from curation.errors import CurationError

_SECTION = re.compile(r"[ \t]*\[(?!\[)(?P<key>[^\]]*(?:\"[^\"]*\"[^\]]*)*)\](?P<rest>[^\n]*)")
_HEADING = re.compile(r"(?P<marks>#{2,5})(?P<space>\s+`?)(?P<name>.+?)(?P<end>`?\s*#*)$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """A stretch of a TOML file under one header, with the comments right above it. `path` is empty before the first."""

    path: Path
    comment: str
    header: str
    body: str

    def under(self, path: Path) -> _Section:
        """The section with its header's first keys replaced."""
        if path == self.path:
            return self
        found = _SECTION.match(self.header)
        rest = found["rest"] if found else ""
        keys = ".".join(key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in path)
        line_end = self.header[len(self.header.rstrip("\r\n")) :]
        return _Section(path, self.comment, f"[{keys}]{rest.rstrip()}{line_end}", self.body)


def redeclare(text: str, made: Plan, after: Document) -> str:
    """A task.toml that says what `after` says, edited from `text`.

    Raises `E_MIGRATION_EDITED` if it is written in a way that cannot be edited so that the order of names is right.
    """
    import tomlkit

    sections = list(_moved(_sections(text), made))
    document = tomlkit.parse("".join(one.comment + one.header + one.body for one in sections))
    _sync(document, after)
    written = tomlkit.dumps(document)
    reread = tomllib.loads(written)
    if reread != after or _order(reread) != _order(after):
        raise CurationError(
            "E_MIGRATION_EDITED",
            "task.toml cannot be edited by program as it is written",
            fix="give every label, attribute, relation and field a section of its own, such as [labels.Actor]",
        )
    return written


def recode(text: str, made: Plan) -> tuple[str, tuple[str, ...]]:
    """A codebook with its headings renamed, and in words what is left to be done by hand."""
    lines: list[str] = []
    path: list[str] = []
    notes: list[str] = []
    for line in text.splitlines(keepends=True):
        found = _HEADING.match(line.rstrip("\r\n"))
        if found:
            path = [*path[: len(found["marks"]) - 2], found["name"].strip("`")]
            new, note = _heading(path, made)
            if note:
                notes.append(f"codebook.md, {' / '.join(path)}: {note}")
            if new != path[-1]:
                line = line[: found.start("name")] + line[found.start("name") :].replace(path[-1], new, 1)
        lines.append(line)
    for kind, names in (("Labels", made.labels), ("Relations", made.relations)):
        notes += [f"codebook.md, {kind} / {new}: write its entry" for new in _split_off(names)]
    written = "".join(lines)
    return written, (*notes, *said_in_codebook(written, made))


def _split_off(names: Names) -> Iterator[str]:
    yield from (new for new, old in names.creator.items() if names.to[old] != new)


def _heading(path: Sequence[str], made: Plan) -> tuple[str, str | None]:
    """The new name of a heading, and what is to be done about its entry."""
    match path:
        case ("Labels", label) if label in made.labels.to:
            return _renamed(label, made.labels)
        case ("Relations", relation) if relation in made.relations.to:
            return _renamed(relation, made.relations)
        case ("Labels", label, by, value) if _says(made, label, by, value):
            return value, f"{made.labels.splits[label].into[value]} says it now: move its entry there"
        case ("Labels", label, *rest) if made.labels.lives_on(label):
            return _field_heading(rest, made.attributes[label])
        case ("Choices", *rest) if rest:
            return _field_heading(rest, made.choices)
    return path[-1], None


def _says(made: Plan, label: str, by: str, value: str) -> bool:
    """Whether a label is split off by this value."""
    split = made.labels.splits.get(label)
    return split is not None and split.by == by and split.into.get(value, split.other) != split.other


def _field_heading(rest: Sequence[str], fields: Mapping[str, FieldChange]) -> tuple[str, str | None]:
    change = fields.get(rest[0])
    if change is None or (len(rest) > 1 and change.name is None):
        return rest[-1], None
    if len(rest) == 1:
        return (change.name, None) if change.name is not None else (rest[0], "it is dropped: remove its entry")
    return _renamed(rest[1], change.values) if rest[1] in change.values.to else (rest[1], None)


def _renamed(name: str, names: Names) -> tuple[str, str | None]:
    new, there = names.lives_on(name), names.to[name]
    if new is not None:
        note = f"it is split: say what is {', '.join(names.destinations(name))}" if name in names.splits else None
        return new, note
    return name, f"it is merged into {there}: work its entry into that one" if there else (
        "it is dropped: remove its entry"
    )


def _sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    path: Path = ()
    comment, header, body = "", "", ""
    for line in _logical_lines(text):
        found = _SECTION.match(line)
        key = _key(found["key"]) if found else None
        if key is None:
            body += line
            continue
        kept, above = _comment_above(body)
        sections.append(_Section(path, comment, header, kept))
        path, comment, header, body = key, above, line, ""
    return [*sections, _Section(path, comment, header, body)]


def _logical_lines(text: str) -> Iterator[str]:
    """The lines of a TOML file; what a string or a list of several lines holds is one line."""
    held = ""
    for line in text.splitlines(keepends=True):
        held += line
        if held.count('"""') % 2 == 0 and held.count("'''") % 2 == 0 and _is_whole(held):
            yield held
            held = ""
    if held:
        yield held


def _is_whole(lines: str) -> bool:
    if not lines.strip():
        return True
    try:
        tomllib.loads(lines)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _key(written: str) -> Path | None:
    try:
        document: Any = tomllib.loads(f"[{written}]")
    except tomllib.TOMLDecodeError:
        return None
    path = []
    while isinstance(document, dict) and document:
        ((key, document),) = document.items()
        path.append(key)
    return tuple(path)


def _comment_above(body: str) -> tuple[str, str]:
    """The end of a section cut off: the comment lines that stand right above the next header."""
    lines = body.splitlines(keepends=True)
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return "".join(lines[:start]), "".join(lines[start:])


def _moved(sections: list[_Section], made: Plan) -> Iterator[_Section]:
    """The sections under their new headers, without those that are gone; what is split off comes after its kind."""
    last = dict.fromkeys(("labels", "relations"), -1)
    for position, section in enumerate(sections):
        if section.path and section.path[0] in last:
            last[section.path[0]] = position
    for position, section in enumerate(sections):
        path = _moved_path(section.path, made)
        if path is not None:
            yield section.under(path)
        for kind, names in (("labels", made.labels), ("relations", made.relations)):
            if last[kind] == position:
                yield from _copies(sections, kind, names, made)


def _copies(sections: list[_Section], kind: str, names: Names, made: Plan) -> Iterator[_Section]:
    for new in _split_off(names):
        old = names.creator[new]
        for section in sections:
            if section.path[:2] == (kind, old):
                path = _moved_path((kind, old, *section.path[2:]), made)
                if path is not None:
                    body = section.body if section.body.endswith("\n\n") else f"{section.body.rstrip()}\n\n"
                    copied = section.under((kind, new, *path[2:]))
                    yield _Section(copied.path, "", copied.header, body)


def _moved_path(path: Path, made: Plan) -> Path | None:
    """Where a section stands after the migration, None if it is gone."""
    match path:
        case ("labels", label, *rest) if label in made.labels.to:
            new = made.labels.lives_on(label)
            if new is None:
                return None
            if len(rest) >= 2 and rest[0] == "attributes":
                field = _field_name(made.attributes[label], rest[1])
                return None if field is None else ("labels", new, "attributes", field, *rest[2:])
            return ("labels", new, *rest)
        case ("relations", relation, *rest) if relation in made.relations.to:
            new = made.relations.lives_on(relation)
            return None if new is None else ("relations", new, *rest)
        case ("choices", name, *rest):
            field = _field_name(made.choices, name)
            return None if field is None else ("choices", field, *rest)
    return path


def _field_name(fields: Mapping[str, FieldChange], name: str) -> str | None:
    return fields[name].name if name in fields else name


def _sync(there: MutableMapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Bring a tomlkit table to the wanted values, touching nothing that has them."""
    for key in [key for key in there if key not in wanted]:
        del there[key]
    for key, value in wanted.items():
        if key in there and isinstance(value, Mapping) and isinstance(there[key], MutableMapping):
            _sync(there[key], value)
        elif key in there and isinstance(value, list) and isinstance(there[key], list):
            _sync_list(there[key], value)
        elif key not in there or there[key] != value:
            there[key] = value


def _sync_list(there: list[Any], wanted: list[Any]) -> None:
    if list(there) == wanted:
        return
    for position in reversed(range(len(there))):
        if position >= len(wanted):
            del there[position]
    for position, value in enumerate(wanted):
        if position >= len(there):
            there.append(value)
        elif isinstance(value, Mapping) and isinstance(there[position], MutableMapping):
            _sync(there[position], value)
        elif there[position] != value:
            there[position] = value


def _order(document: Mapping[str, Any]) -> tuple[list[str], ...]:
    """The names whose order is published."""
    labels = document.get("labels", {})
    attributes = [list(label.get("attributes", {})) for label in labels.values()]
    return (list(labels), *attributes, list(document.get("relations", {})), list(document.get("choices", {})))
