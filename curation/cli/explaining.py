"""`curation explain`: what every code means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, emit
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.workspace import codes

_SENTENCE = re.compile(r"(?<=[.:;]) ")
_LONGEST = 100


def register(cli: click.Group) -> None:
    """Add the command `explain`."""

    @command(cli, "explain")
    @click.argument("code", required=False)
    @click.option("--all", "everything", is_flag=True, help="All codes in full.")
    @click.option("--markdown", "as_markdown", is_flag=True, help="All codes as a page of documentation.")
    def explain(code: str | None, everything: bool, as_markdown: bool) -> None:
        """Say what a code of an error, finding, refusal or note means, what it looks like, and how to mend it.

        Without a code, all of them are listed by family.

        \b
        Example:
          curation explain F_RELATION_ENDS
          curation explain
          curation explain --all --markdown > findings.md
        """
        from curation.workspace import codes

        if code is not None and (everything or as_markdown):
            raise CurationError(
                "E_USAGE", "explain takes a code, or --all or --markdown for all codes", fix=f"curation explain {code}"
            )
        if code is not None:
            found = codes.explain(code)
            emit(found, _in_full(found))
        elif as_markdown:
            emit({"markdown": codes.markdown()}, codes.markdown().splitlines())
        elif everything:
            lines = [line for one in codes.codes() for line in (*_in_full(one), "")]
            emit({"codes": list(codes.codes())}, lines[:-1])
        else:
            emit({"codes": list(codes.codes())}, _listed(codes.codes()))


def _in_full(one: codes.Code) -> list[str]:
    shown = [f"{name}: {text}" for name, text in (("Wrong", one.wrong), ("Right", one.right)) if text]
    return [f"{one.code}: {one.title} ({one.kind})", "", one.explanation, "", *shown, f"Fix: {one.fix}"]


def _listed(found: Iterator[codes.Code]) -> list[str]:
    lines: list[str] = []
    for family, members in groupby(found, key=lambda one: one.family):
        lines += ["", family] if lines else [family]
        lines += [f"  {one.code:26} {one.kind:14} {_gist(one)}" for one in members]
    return lines


def _gist(one: codes.Code) -> str:
    """A code in a line: by its title, if it has one that says more than the code."""
    from curation.reports.wording import shortened

    if one.code.startswith("F_"):
        return one.title
    return shortened(_SENTENCE.split(one.explanation)[0].rstrip(".:;"), _LONGEST)
