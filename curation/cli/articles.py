"""`curation articles`: what there is, what was refused, and what is a copy of what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import as_json, command, emit, in_workspace, open_workspace, table
from curation.errors import CurationError
from curation.text import visible

if TYPE_CHECKING:
    from curation.workspace.library import Entry


_CUT = ("outlet", "title")


def register(cli: click.Group) -> None:
    """Add the group `articles`."""

    @cli.group("articles")
    def articles() -> None:
        """Look at the articles of the workspace, and at what was refused.

        \b
        Example:
          curation articles list
        """

    for add in (_list, _show, _refused, _duplicates):
        add(articles)


def _list(group: click.Group) -> None:
    @command(group, "list")
    @click.option("--noted", metavar="CODE", help="Those about which there is a doubt, such as N_DATE.")
    @in_workspace
    def list_(noted: str | None, workspace: Path | None) -> None:
        """List the articles: id, date, outlet, language, length, parts of long ones, and what they are copies of.

        Long titles are cut to the width of the terminal (where there is none to 200 columns, or COLUMNS); --json has
        them whole.

        \b
        Example:
          curation articles list | less
          curation articles list --noted N_DATE
        """
        listed = open_workspace(workspace).articles(noted=noted)
        header = ("article", "date", "outlet", "language", "characters", "", "title")
        rows = [
            (one.id, one.published_at or "", one.outlet or "", one.lang or "", one.length,
             ", ".join(_marks(one)), one.title or _begins(one))
            for one in listed
        ]  # fmt: skip
        nothing = "there are no articles yet" if noted is None else f"no article is noted with {noted}"
        emit({"articles": listed}, table(header, rows, cut=_CUT) if rows else [nothing])


def _begins(one: Entry) -> str:
    """The first words of an article without a title."""
    return f"“{' '.join(one.begins.split())}{'…' if one.length > len(one.begins) else ''}”"


def _marks(one: Entry) -> list[str]:
    """What is to be known of an article in a list."""
    return [*([f"in {one.parts} parts"] if one.parts else []), *([f"copy of {one.copy_of}"] if one.copy_of else [])]


def _show(group: click.Group) -> None:
    @command(group, "show")
    @click.argument("article_id")
    @click.option("--raw", is_flag=True, help="What it was made from, as it was read.")
    @in_workspace
    def show(article_id: str, raw: bool, workspace: Path | None) -> None:
        """Show an article: its text, where it is from, what cleaning changed and what is doubtful.

        With --json, `raw` tells of what it was made from, null where that is the text itself: `edits` are the stretches
        that cleaning changed, as [start, end] in the text and [start, end] in the raw one, in code points.

        \b
        Example:
          curation articles show rent-cap-03
          curation articles show rent-cap-03 --raw > page.html
        """
        from curation.records import to_json

        if raw and as_json():
            fix = "--json alone tells of it, --raw alone prints it"
            raise CurationError("E_USAGE", "--raw prints what the article was made from, which is no JSON", fix=fix)
        found = open_workspace(workspace).article(article_id)
        if raw:
            click.echo(found.original, nl=False)
            return
        article = found.article
        facts = {
            "title": article.title,
            "outlet": article.outlet,
            "authors": "; ".join(article.authors),
            "published": article.published_at,
            "language": article.lang,
            "url": article.url,
            "read from": article.source,
            "cleaned": ", ".join(article.steps),
            "cut": f"in {len(found.parts)} parts, which go to annotators" if found.parts else None,
            "part of": article.part_of,
            "copy of": found.copy_of,
            "cluster": found.dup_cluster if found.dup_cluster not in (article.id, article.part_of) else None,
        }
        lines = [f"{name:10} {visible(value)}" for name, value in facts.items() if value]
        lines += [f"{'noted':10} {code}: {visible(seen)}" for code, seen in article.notes.items()]
        told = {**to_json(article), "dup_cluster": found.dup_cluster, "copy_of": found.copy_of, "parts": found.parts}
        made = found.raw
        told["raw"] = made and {
            "media": made.media, "encoding": made.encoding, "bytes": len(made.data), "edits": made.edits,
        }  # fmt: skip
        emit(told, [*lines, "", article.text])


def _refused(group: click.Group) -> None:
    @command(group, "refused")
    @click.option("--all", "mended", is_flag=True, help="Also those in whose place an article was read since.")
    @in_workspace
    def refused(mended: bool, workspace: Path | None) -> None:
        """List the documents that were refused, with the reason and how to mend them.

        \b
        Example:
          curation articles refused
          curation articles refused --all --json
        """
        from curation.articles import REJECTS

        found = open_workspace(workspace).refused(mended=mended)
        lines = []
        for one in found:
            lines.append(f"{one.source}: {one.reason} [{one.code}]")
            if one.mended_by is not None:
                lines.append(f"    mended by {one.mended_by}")
            elif one.code in REJECTS:
                lines.append(f"    Fix: {REJECTS[one.code].fix}")
        told = [{"source": one.source, "code": one.code, "reason": one.reason, "bytes": one.size,
                 "mended_by": one.mended_by} for one in found]  # fmt: skip
        emit({"refused": told}, lines or ["nothing was refused"])


def _duplicates(group: click.Group) -> None:
    @command(group, "duplicates")
    @in_workspace
    def duplicates(workspace: Path | None) -> None:
        """List the clusters of articles whose texts are the same or nearly so; one of each goes to annotators.

        \b
        Example:
          curation articles duplicates
        """
        clusters = open_workspace(workspace).duplicates()
        rows = [
            (cluster.id, copy.id, "stands back" if copy.copy_of else "", copy.outlet or "", copy.title or "")
            for cluster in clusters
            for copy in cluster.copies
        ]
        header = ("cluster", "article", "", "outlet", "title")
        emit({"clusters": clusters}, table(header, rows, cut=_CUT) if rows else ["there are no duplicates"])
