"""Do schema, interface, codebook and examples of a task agree?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from pathlib import Path

from curation.catalog import Field, Schemas, Task
from curation.catalog.codebook import Problem, check_codebook, read_codebook
from curation.catalog.documents import read_documents
from curation.errors import CurationError
from curation.studio.interface import check_interface, parse_interface
from curation.workspace.examples import example_files, judged


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What was compared, and the problems; none means that the task's files agree."""

    task: str
    controls: int
    entries: int
    examples: int
    problems: tuple[Problem, ...]


def check_task(task: Task, schemas: Schemas) -> TaskReport:
    """Compare a task's files with each other. task.toml itself was held against its schema when it was loaded."""
    interface = check_interface(task)
    examples = example_files(task)
    problems: list[Problem] = [*_declarations(task), *interface, *check_codebook(task)]
    problems += check_examples(task, schemas)
    if not any(path.parent.name == "invalid" for path in examples):
        problems.append(Problem("examples/invalid", "there is none", "Add the mistakes that annotators make."))
    if not any(path.parent.name == "valid" for path in examples):
        problems.append(Problem("examples/valid", "there is none", "Add an annotation as it should be."))
    return TaskReport(
        task=task.name,
        controls=_controls(task),
        entries=len(read_codebook(task.codebook)),
        examples=len(examples),
        problems=tuple(problems),
    )


def check_examples(task: Task, schemas: Schemas) -> Iterator[Problem]:
    """The examples that do not show what they expect."""
    for path in example_files(task):
        yield from _example(path, task, schemas)


def _controls(task: Task) -> int:
    try:
        return len(parse_interface(task.interface).controls)
    except CurationError:
        return 0


def _declarations(task: Task) -> Iterator[Problem]:
    """Names in task.toml that refer to nothing."""
    for rule in task.relations.values():
        for unknown in {*rule.sources, *rule.targets} - set(task.labels):
            yield Problem(
                "task.toml",
                f"relation {rule.name} joins the unknown label {unknown}",
                f"Declare it as [labels.{unknown}].",
            )
    for name, label in task.labels.items():
        if label.holder is None:
            continue
        named = {*label.holder.relations, *([label.holder.continuation] if label.holder.continuation else [])}
        for relation in sorted(named - set(task.relations)):
            yield Problem(
                "task.toml",
                f"holder of {name} names the unknown relation {relation}",
                f"Declare it as [relations.{relation}].",
            )
        attribute, value = label.holder.unless or (None, None)
        if attribute and value not in getattr(label.attributes.get(attribute), "values", ()):
            yield Problem(
                "task.toml",
                f"holder of {name} is excused by {value!r}, which {attribute!r} does not have",
                "Name one of its values.",
            )
    yield from _contradictions(task)
    for _, field in task.fields:
        if field.silent is not None and field.silent not in field.values:
            yield Problem(
                "task.toml",
                f"{field.name} is silent by an unknown value, {field.silent}",
                f"Add it to its values, or name one of them: {', '.join(field.values)}.",
            )
        yield from _agreement(field)


def _agreement(field: Field) -> Iterator[Problem]:
    """Levels of agreement that the values do not have."""
    if field.agreement in {"interval", "ratio"} and not all(map(_is_number, field.values or ("",))):
        message = f"agreement on {field.name} is measured at level {field.agreement}, and its values are no numbers"
        yield Problem("task.toml", message, "Name nominal or ordinal, or make every value a number.")


def _is_number(value: str) -> bool:
    try:
        return isfinite(float(value))
    except ValueError:
        return False


def _contradictions(task: Task) -> Iterator[Problem]:
    """Contradictions that cannot be judged, or are said more than once."""
    known = ", ".join(task.relations)
    said: set[tuple[str, str]] = set()
    for rule in task.contradictions:
        for relation in sorted({*rule.relations, *rule.through} - set(task.relations)):
            fix = f"Declare it as [relations.{relation}], or name one of: {known}."
            yield Problem("task.toml", f"a contradiction names the unknown relation {relation}", fix)
        for relation in sorted(set(rule.relations) & set(rule.through)):
            message = (
                f"a contradiction excludes the relation {relation}, and looks through it for ends that are the same"
            )
            yield Problem("task.toml", message, "Name it in `relations` or in `through`, not in both.")
        pairs = set(combinations(sorted(set(rule.relations)), 2))
        for one, other in sorted(pairs & said):
            message = f"two contradictions exclude {one} and {other}, so that each fault would be told twice"
            yield Problem("task.toml", message, "Remove one of them, or join them.")
        said |= pairs


def _example(path: Path, task: Task, schemas: Schemas) -> Iterator[Problem]:
    where = f"examples/{path.parent.name}/{path.name}"
    try:
        ((_, example),) = read_documents(path)
        schemas.require("example", example, where)
    except CurationError as error:
        yield Problem(where, error.message, "Correct the file; `curation schema show example` has the shape.")
        return
    judgements = judged(example, task, schemas)
    expected, found = set(example["expect"]), {one.code for several in judgements.values() for one in several}
    if expected != found:
        message = f"expects {_listed(expected)}, validation finds {_listed(found)}"
        yield Problem(where, message, "Correct the example, or its `expect`.")
    if (path.parent.name == "valid") == bool(expected):
        yield Problem(where, "valid examples expect no finding, invalid ones expect some", "Move it, or correct it.")


def _listed(codes: set[str]) -> str:
    return ", ".join(sorted(codes)) or "nothing"
