"""Do schema, interface, codebook and examples of a task agree?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curation.catalog import Schemas, Task
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
    for path in examples:
        problems += _example(path, task, schemas)
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


def _controls(task: Task) -> int:
    try:
        return len(parse_interface(task.interface).controls)
    except CurationError:
        return 0


def _declarations(task: Task) -> Iterator[Problem]:
    """Names in task.toml that refer to nothing."""
    for rule in task.relations.values():
        for unknown in {*rule.sources, *rule.targets} - set(task.labels):
            yield Problem("task.toml", f"relation {rule.name} joins the unknown label {unknown}", "Declare the label.")
    for name, label in task.labels.items():
        if label.holder is None:
            continue
        named = {*label.holder.relations, *([label.holder.continuation] if label.holder.continuation else [])}
        for relation in sorted(named - set(task.relations)):
            yield Problem("task.toml", f"holder of {name} names the unknown relation {relation}", "Declare it.")
        attribute, value = label.holder.unless or (None, None)
        if attribute and value not in getattr(label.attributes.get(attribute), "values", ()):
            yield Problem("task.toml", f"holder of {name} is excused by an unknown value", "Declare the value.")
    for contradiction in task.contradictions:
        for relation in sorted({*contradiction.relations, *contradiction.through} - set(task.relations)):
            yield Problem("task.toml", f"a contradiction names the unknown relation {relation}", "Declare it.")
    for _, field in task.fields:
        if field.silent is not None and field.silent not in field.values:
            yield Problem("task.toml", f"{field.name} is silent by an unknown value, {field.silent}", "Declare it.")


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
