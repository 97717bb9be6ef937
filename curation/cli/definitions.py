"""`curation task` and `curation schema`: what a workspace declares."""

from __future__ import annotations

import json
from pathlib import Path

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, table
from curation.cli.migration import add_migration
from curation.errors import CurationError, Exit

_SCHEMA_OF = {"curation.toml": "workspace"}
"""Schemas that are not called as the file is."""


def register(cli: click.Group) -> None:
    """Add the groups `task` and `schema`."""

    @cli.group("task")
    def task() -> None:
        """What annotators are asked.

        \b
        Example:
          curation task check news-stance
        """

    @cli.group("schema")
    def schema() -> None:
        """What every document must look like.

        \b
        Example:
          curation schema check my-article.json --schema article
        """

    for add in (_task_list, _task_show, _task_check, add_migration):
        add(task)
    for add in (_schema_list, _schema_show, _schema_check):
        add(schema)


def _task_list(group: click.Group) -> None:
    @command(group, "list")
    @in_workspace
    def list_(workspace: Path | None) -> None:
        """List the tasks.

        \b
        Example:
          curation task list
        """
        tasks = [open_workspace(workspace).task(name) for name in open_workspace(workspace).tasks()]
        listed = [{"name": task.name, "version": task.version, "title": task.title} for task in tasks]
        emit({"tasks": listed}, table(("name", "version", "title"), [tuple(entry.values()) for entry in listed]))


def _task_show(group: click.Group) -> None:
    @command(group, "show")
    @click.argument("name", required=False)
    @in_workspace
    def show(name: str | None, workspace: Path | None) -> None:
        """Show a task's labels, fields, relations and stance targets.

        \b
        Example:
          curation task show news-stance
        """
        task = open_workspace(workspace).task(name)
        fields = [
            (label.name if label else "article", field.name, field.kind, "yes" if field.required else "",
             ", ".join(field.values) or (field.pattern or ""))
            for label, field in task.fields
        ]  # fmt: skip
        relations = [(rule.name, ", ".join(rule.sources), ", ".join(rule.targets), rule.polarity or "")
                     for rule in task.relations.values()]  # fmt: skip
        document = {
            "name": task.name,
            "version": task.version,
            "title": task.title,
            "description": task.description,
            "labels": list(task.labels),
            "fields": [
                dict(zip(("of", "field", "kind", "required", "values"), field, strict=True)) for field in fields
            ],
            "relations": [dict(zip(("label", "from", "to", "polarity"), row, strict=True)) for row in relations],
            "targets": list(task.targets),
        }
        lines = [f"{task.name} {task.version}: {task.title}", task.description, ""]
        lines += table(("of", "field", "kind", "required", "values"), fields)
        if relations:
            lines += ["", *table(("relation", "from", "to", "stance"), relations)]
        emit(document, lines)


def _task_check(group: click.Group) -> None:
    @command(group, "check")
    @click.argument("name", required=False)
    @in_workspace
    def check(name: str | None, workspace: Path | None) -> Exit:
        """Prove that schema, interface, codebook and examples of a task agree (default: of all tasks).

        \b
        task.toml fits its schema; every field has its control with the same values in the same order; required and
        hotkeys agree; the codebook defines every label, relation and value; valid examples give no finding, and
        each invalid one gives exactly the finding that it names.

        \b
        Example:
          curation task check news-stance
        """
        opened = open_workspace(workspace)
        reports = [opened.check_task(task) for task in ([name] if name else opened.tasks())]
        lines = []
        for report in reports:
            lines += [f"{problem.where}: {problem.message}. Fix: {problem.fix}" for problem in report.problems]
            verdict = "does not agree" if report.problems else "agrees"
            lines.append(
                f"{report.task} {verdict}: {report.controls} controls, {report.entries} codebook entries, "
                f"{report.examples} examples, {counted(len(report.problems), 'problem')}"
            )
        emit({"tasks": reports}, lines)
        return Exit.FINDINGS if any(report.problems for report in reports) else Exit.OK


def _schema_list(group: click.Group) -> None:
    @command(group, "list")
    @in_workspace
    def list_(workspace: Path | None) -> None:
        """List the schemas.

        \b
        Example:
          curation schema list
        """
        schemas = open_workspace(workspace).schemas
        listed = [{"name": name, "title": schemas.document(name)["title"]} for name in schemas.names]
        emit({"schemas": listed}, table(("name", "title"), [tuple(entry.values()) for entry in listed]))


def _schema_show(group: click.Group) -> None:
    @command(group, "show")
    @click.argument("name")
    @in_workspace
    def show(name: str, workspace: Path | None) -> None:
        """Print a schema (JSON Schema 2020-12).

        \b
        Example:
          curation schema show annotation
        """
        document = open_workspace(workspace).schemas.document(name)
        emit(document, [json.dumps(document, ensure_ascii=False, indent=2)])


def _schema_check(group: click.Group) -> None:
    @command(group, "check")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--schema", "name", help="The schema's name; by default it follows from the file's name.")
    @in_workspace
    def check(file: Path, name: str | None, workspace: Path | None) -> Exit:
        """Check FILE (.json, .jsonl or .toml) against a schema.

        \b
        Example:
          curation schema check tasks/news-stance/task.toml
          curation schema check articles.jsonl --schema article
        """
        from curation.catalog.documents import Unparsed, parse_documents

        schemas = open_workspace(workspace).schemas
        schema = name or _SCHEMA_OF.get(file.name, file.stem)
        if not file.is_file():
            raise CurationError("E_NOT_FOUND", f"{file} is not a file", fix="name an existing file")
        if schema not in schemas.names:
            known = ", ".join(schemas.names)
            raise CurationError("E_NOT_FOUND", f"no schema is called {schema!r}", fix=f"--schema, one of: {known}")
        problems = []
        for place, document in parse_documents(file):
            if isinstance(document, Unparsed):
                problems.append({"place": place, "pointer": "", "message": document.reason})
                continue
            found = schemas.problems(schema, document)
            problems += [{"place": place, "pointer": one.pointer, "message": one.message} for one in found]
        lines = [f"{problem['place']}: {problem['pointer'] or '(whole)'}: {problem['message']}" for problem in problems]
        emit(
            {"schema": schema, "problems": problems},
            [*lines, f"{counted(len(problems), 'problem')} against {schema!r}"],
        )
        return Exit.FINDINGS if problems else Exit.OK
