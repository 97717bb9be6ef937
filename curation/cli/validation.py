"""`curation validate` and `curation explain`."""

from __future__ import annotations

from pathlib import Path

import click

from curation.cli.console import command, emit, in_workspace, open_workspace, progress
from curation.errors import CurationError, Exit
from curation.records import Finding


def register(cli: click.Group) -> None:
    """Add the commands about findings."""
    _validate(cli)
    _explain(cli)


def finding_lines(findings: list[Finding]) -> list[str]:
    """Findings as text: where, what, how to mend it."""
    lines = []
    for found in findings:
        where = " · ".join(part for part in (found.article_id, found.annotator, found.region) if part)
        lines.append(f"{found.severity:7}  {found.code}  {where}")
        lines.append(f"         {found.message}")
        lines.append(f"         Fix: {found.fix}")
        if found.url:
            lines.append(f"         {found.url}")
    return lines


def _validate(cli: click.Group) -> None:
    @command(cli, "validate")
    @click.option("--task", help="The task; default: the workspace's.")
    @in_workspace
    def validate(task: str | None, workspace: Path | None) -> Exit:
        """Judge every submitted annotation against the schemas and the task's rules.

        An annotation with an error is quarantined: it is kept and listed, and not exported until it is mended.

        \b
        Example:
          curation validate
          curation validate --json | jq '.findings[] | .code'

        Exit status 1 if there are errors; `curation explain CODE` tells more about a finding.
        """
        with progress("Validating") as bar:
            report = open_workspace(workspace).validate(task=task, progress=bar)
        summary = f"{report.valid} valid, {report.quarantined} quarantined"
        if not (report.valid or report.quarantined):
            summary = "there is no annotation to validate; `curation studio pull` fetches them"
        elif not report.checked:
            summary += "; nothing to do: all were validated before"
        emit(report, [*finding_lines(list(report.findings)), summary])
        return Exit.FINDINGS if report.quarantined else Exit.OK


def _explain(cli: click.Group) -> None:
    @command(cli, "explain")
    @click.argument("code")
    def explain(code: str) -> None:
        """Say what a code of an error, finding, refusal or note means and how to mend it.

        \b
        Example:
          curation explain F_RELATION_ENDS
        """
        found = explanation(code.upper())
        lines = [f"{found['code']}: {found['title']}", "", found["explanation"], "", f"Fix: {found['fix']}"]
        emit(found, lines)


def explanation(code: str) -> dict[str, str]:
    """Title, explanation and fix of any code that the program prints. Raises `E_NOT_FOUND`."""
    from curation.articles import NOTES, REJECTS
    from curation.errors import ERRORS
    from curation.findings import FINDINGS

    if code in FINDINGS:
        kind = FINDINGS[code]
        return {"code": code, "title": f"{kind.title} ({kind.severity})", "explanation": kind.explanation,
                "fix": kind.fix}  # fmt: skip
    if code in ERRORS:
        error = ERRORS[code]
        title = f"exit status {int(error.exit)}"
        return {"code": code, "title": title, "explanation": error.explanation, "fix": error.fix}
    for title, kinds in (("a document was refused", REJECTS), ("a doubt about an article", NOTES)):
        if code in kinds:
            found = kinds[code]
            return {"code": code, "title": title, "explanation": found.explanation, "fix": found.fix}
    known = ", ".join(sorted([*ERRORS, *FINDINGS, *NOTES, *REJECTS]))
    raise CurationError("E_NOT_FOUND", f"no code {code!r}", fix=f"one of: {known}")
