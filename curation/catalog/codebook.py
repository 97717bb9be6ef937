"""Read a codebook and hold it against its task: every label, relation and value is defined, and nothing else.

The headings of codebook.md are the names: `## Labels` / `### LABEL` / `#### ATTRIBUTE` / `##### VALUE`,
`## Relations` / `### RELATION`, `## Choices` / `### FIELD` / `#### VALUE`. Below each stand four bullets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curation.catalog.tasks import Field, Task

PARTS = ("Definition", "Include", "Exclude", "Example")
"""The bullets that every entry has."""

SECTIONS = ("Labels", "Relations", "Choices")

_HEADING = re.compile(r"(#{2,5})\s+(.+?)\s*#*$")
_BULLET = re.compile(r"-\s+\*\*(\w+):\*\*\s*(\S?)")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Where two files of a task do not agree, and how to mend it."""

    where: str
    message: str
    fix: str


def read_codebook(text: str) -> dict[Path, tuple[str, ...]]:
    """The entries of a codebook: the path of headings to the names of the bullets that say something."""
    entries: dict[Path, tuple[str, ...]] = {}
    for path, _, line in _lines(text):
        entries.setdefault(path, ())
        bullet = _BULLET.match(line) if line is not None else None
        if bullet and bullet.group(2):
            entries[path] += (bullet.group(1),)
    return {path: parts for path, parts in entries.items() if path[0] in SECTIONS and len(path) > 1}


def entry_places(text: str) -> dict[Path, tuple[int, str]]:
    """Where the entries of a codebook stand: the line of each heading, from 1, and what is written below it."""
    places: dict[Path, int] = {}
    below: dict[Path, list[str]] = {}
    for path, number, line in _lines(text):
        places.setdefault(path, number)
        if line is not None:
            below.setdefault(path, []).append(line)
    return {path: (line, "\n".join(below.get(path, ())).strip()) for path, line in places.items()}


def _lines(text: str) -> Iterator[tuple[Path, int, str | None]]:
    """Every line from the first heading on, with its number and the headings that it is under; None for a heading."""
    path: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        heading = _HEADING.match(line)
        if heading:
            path = (*path[: len(heading.group(1)) - 2], heading.group(2).strip("`"))
        if path:
            yield path, number, None if heading else line


def check_codebook(task: Task) -> list[Problem]:
    """What the codebook lacks, has too much, or has in another order than task.toml."""
    entries = read_codebook(task.codebook)
    wanted = dict(_wanted(task))
    problems = [
        Problem("codebook.md", f"{' / '.join(path)} has no entry", "Write it, or remove the name from task.toml.")
        for path in wanted
        if path not in entries
    ]
    problems += [
        Problem("codebook.md", f"{' / '.join(path)} is not in task.toml", "Remove the entry, or declare the name.")
        for path in entries
        if path not in wanted
    ]
    for path, needs_parts in wanted.items():
        missing = [part for part in PARTS if part not in entries.get(path, PARTS)]
        if needs_parts and missing:
            message = f"{' / '.join(path)} lacks {', '.join(missing)}"
            problems.append(Problem("codebook.md", message, "Write each as a bullet: - **Definition:** ..."))
    common = [path for path in entries if path in wanted]
    if not problems and common != list(wanted):
        first = next(path for path, other in zip(common, wanted, strict=True) if path != other)
        message = f"{' / '.join(first)} does not stand in the order of task.toml"
        problems.append(Problem("codebook.md", message, "Published ids follow task.toml: use the same order."))
    return problems


def _wanted(task: Task) -> Iterator[tuple[Path, bool]]:
    """Each entry that there must be, and whether it needs the four bullets (a list of values speaks for itself)."""
    for label in task.labels.values():
        yield ("Labels", label.name), True
        for field in label.attributes.values():
            yield from _field(("Labels", label.name), field)
    for relation in task.relations:
        yield ("Relations", relation), True
    for field in task.choices.values():
        yield from _field(("Choices",), field)


def _field(above: Sequence[str], field: Field) -> Iterator[tuple[Path, bool]]:
    yield (*above, field.name), not field.values
    for value in field.values:
        yield (*above, field.name, value), True
