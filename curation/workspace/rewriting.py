"""Carry a migration over to a task's examples and samples, and write its files: each whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.folders.whole import whole
from curation.records import annotation_from_json, to_json
from curation.studio.rewriting import Rewriter
from curation.workspace.check import check_examples

_WIDTH = 130
_RECORD = ("task_version", "mentions", "relations", "choices")


def rewritten_examples(folder: Path, rewriter: Rewriter) -> dict[str, str]:
    """The examples of a task that a migration changes, by path within its folder, with their new text."""
    found = {}
    for path in sorted(folder.glob("examples/*valid/*.json")):
        text = path.read_bytes().decode("utf-8")
        try:
            example = json.loads(text)
        except ValueError:
            continue
        if _rewrite(example, rewriter):
            found[path.relative_to(folder).as_posix()] = _written(example) + "\n"
    return found


def broken_examples(before: Task, after: Task, schemas: Schemas, names: Collection[str]) -> Iterator[str]:
    """In words the examples that no longer show what they expect; `names` are those that a migration makes."""
    known = {problem.where for problem in check_examples(before, schemas)}
    for problem in check_examples(after, schemas):
        if problem.where not in known:
            text = (before.folder / problem.where).read_bytes().decode("utf-8")
            used = sorted(name for name in names if json.dumps(name) in text or _line(name) in text)
            why = (
                f" and uses {', '.join(used)}, which the task knows from now on: take another name there"
                if used
                else ""
            )
            yield f"{problem.where}: it {problem.message}{why}"


def rewritten_sample(folder: Path, rewriter: Rewriter) -> dict[str, str]:
    """The sample annotations of a task, likewise; lines that do not change stay byte for byte."""
    path = folder / "sample" / "annotations.jsonl"
    if not path.is_file():
        return {}
    text = path.read_bytes().decode("utf-8")
    lines = [_record_line(line, rewriter) for line in text.splitlines(keepends=True)]
    return {"sample/annotations.jsonl": "".join(lines)} if "".join(lines) != text else {}


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, each in one step. Raises `E_DISK`."""
    for name, text in files.items():
        path = folder / name
        try:
            with whole(path) as file:
                file.write(text.encode("utf-8"))
        except OSError as error:
            raise CurationError("E_DISK", f"{path}: {error.strerror}") from None


@contextmanager
def scratch(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files, to look at what they would be."""
    with TemporaryDirectory() as folder:
        for name in files:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
        write_files(Path(folder), files)
        yield Path(folder)


def _rewrite(example: Any, rewriter: Rewriter) -> bool:
    """Rewrite the results in an example in place; whether any has changed."""
    changed = False
    stack = [example]
    while stack:
        document = stack.pop()
        if isinstance(document, list):
            stack += document
        elif isinstance(document, dict):
            result = document.get("result")
            if isinstance(result, list):
                document["result"] = rewriter.rows(result).rows
                changed = changed or document["result"] != result
            stack += [value for key, value in document.items() if key != "result"]
    return changed


def _record_line(line: str, rewriter: Rewriter) -> str:
    try:
        document = json.loads(line)
        moved, changed, _ = rewriter.record(annotation_from_json(document))
    except (ValueError, KeyError, TypeError):
        return line
    if not changed:
        return line
    new = to_json(moved)
    return json.dumps({**document, **{key: new[key] for key in _RECORD}}, ensure_ascii=False) + "\n"


def _written(value: Any, depth: int = 0, key: str = "") -> str:
    """JSON in the layout of examples: two spaces a level, lists of words and what fits of a row's value on one line."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value:
        line = "{ " + ", ".join(f"{_line(name)}: {_line(one)}" for name, one in value.items()) + " }"
        if key == "value" and len(outer) + len(f'"{key}": {line},') <= _WIDTH:
            return line
        members = (f"{inner}{_line(name)}: {_written(one, depth + 1, name)}" for name, one in value.items())
        return "{\n" + ",\n".join(members) + f"\n{outer}}}"
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return "[\n" + ",\n".join(inner + _written(one, depth + 1) for one in value) + f"\n{outer}]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
