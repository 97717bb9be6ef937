"""Where the prose of a task still says a name that a migration changes: no program can tell what is to stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curation.catalog.migration import FieldChange, Names, Plan

_HEADING = re.compile(r"(?P<marks>#{2,5})\s+`?(?P<name>.+?)`?\s*#*$")
_PLAIN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class _Old:
    """A name that is not what it was, what it is now in words, and the headings under which it is meant for sure."""

    name: str
    now: str
    path: tuple[str, ...]

    def is_in(self, line: str, path: Sequence[str]) -> bool:
        """Whether a line says it. A plain word is the name only where it is set off, or in the entry that it is of."""
        name = re.escape(self.name)
        own = tuple(path[: len(self.path)]) == self.path
        if own or not _PLAIN.fullmatch(self.name):
            return re.search(rf"(?<!\w){name}(?!\w)", line) is not None
        return re.search(rf"""[`(\["'*\u201c\u2018]{name}[`)\]"'*\u201d\u2019,;:]""", line) is not None


def said_in_codebook(text: str, made: Plan) -> Iterator[str]:
    """The lines of a codebook, beside its headings, that say an old name: file, line, the name and what is with it."""
    path: list[str] = []
    old = list(_old_names(made))
    for number, line in enumerate(text.splitlines(), start=1):
        found = _HEADING.match(line)
        if found:
            path = [*path[: len(found["marks"]) - 2], found["name"]]
            continue
        told = (f"codebook.md:{number}: it says {one.name}, {one.now}" for one in old if one.is_in(line, path))
        yield from dict.fromkeys(told)


def said_in_comments(text: str, made: Plan) -> Iterator[str]:
    """The comments of a task.toml that say an old name."""
    old = list(_old_names(made))
    for number, line in enumerate(text.splitlines(), start=1):
        comment = line.strip()
        if comment.startswith("#"):
            told = (
                f"task.toml:{number}: its comment says {one.name}, {one.now}" for one in old if one.is_in(comment, ())
            )
            yield from dict.fromkeys(told)


def _old_names(made: Plan) -> Iterator[_Old]:
    yield from _changed(made.labels, ("Labels",))
    yield from _changed(made.relations, ("Relations",))
    for label, fields in made.attributes.items():
        yield from _fields(fields, ("Labels", made.labels.lives_on(label) or label))
    yield from _fields(made.choices, ("Choices",))


def _fields(fields: Mapping[str, FieldChange], path: tuple[str, ...]) -> Iterator[_Old]:
    for old, change in fields.items():
        if change.name != old:
            yield _Old(old, f"which is now {change.name}" if change.name else "which is dropped", path)
        if change.name is not None:
            yield from _changed(change.values, (*path, change.name))


def _changed(names: Names, path: tuple[str, ...]) -> Iterator[_Old]:
    for old in names.to:
        there = names.destinations(old)
        if there != (old,):
            yield _Old(old, _now(names, old, there), path)


def _now(names: Names, old: str, there: tuple[str, ...]) -> str:
    if not there:
        return "which is dropped"
    verb = "merged into" if names.is_merged(old) else "split into" if old in names.splits else "now"
    return f"which is {verb} {' or '.join(there)}"
