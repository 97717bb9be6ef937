"""`curation studio annotators invite | list`, `curation studio progress`: who annotates, and how far they are."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from curation.cli.console import as_json, command, counted, emit, in_workspace, open_workspace, plain, say, table
from curation.cli.console import progress as waiting
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.studio.invitations import Invitation
    from curation.studio.progress import Person, Work
    from curation.studio.survey import Standing
    from curation.workspace.annotators import Annotator, Annotators

_PAUSE = 10
_ADDRESS = 40
_DELETED = "(deleted accounts)"
_LESS_NEEDED = ("drafts", "skipped", "week", "minutes", "today", "last at work", "annotator")
"""Columns that a narrow terminal is spared, in this order."""


def add_annotators(studio: click.Group) -> None:
    """Add the group `annotators` and the command `progress`."""

    @studio.group("annotators")
    def annotators() -> None:
        """The people who annotate.

        \b
        Example:
          curation studio annotators invite
        """

    _invite(annotators)
    _assign(annotators)
    _list(annotators)
    _progress(studio)


def _invite(group: click.Group) -> None:
    @command(group, "invite")
    @click.option("--email", "emails", multiple=True, metavar="A@B", help="Make an account; several times for several.")
    @click.option("--with-passwords", is_flag=True, help="With --json: put the passwords of new accounts in it.")
    @in_workspace
    def invite(emails: tuple[str, ...], with_passwords: bool, workspace: Path | None) -> None:
        """Print the link at which annotators sign up, or make accounts for them.

        The passwords of accounts that are made are printed once, to be handed on, and kept in a file of the workspace
        that nobody else can read; move it away when they are. Whoever has an account already is left alone.

        \b
        Example:
          curation studio annotators invite
          curation studio annotators invite --email anna@example.org --email ben@example.org
        """
        if with_passwords and not (as_json() and emails):
            raise CurationError("E_USAGE", "--with-passwords is about new accounts in JSON", fix="add --json, --email")
        invitation = open_workspace(workspace).invite(emails)
        shown = plain(invitation)
        if not with_passwords:
            for account in shown["accounts"]:
                del account["password"]
        emit(shown, _invited(invitation))
        if "//127.0.0.1:" in invitation.link:
            say("It works on this machine alone; for a team, run Label Studio where all reach it (LABEL_STUDIO_URL).")


def _invited(invitation: Invitation) -> Iterator[str]:
    if not invitation.accounts:
        yield invitation.link
        return
    new = [one for one in invitation.accounts if one.created]
    if new:
        yield from table(("address", "password"), [(one.email, one.password) for one in new])
        log_in = invitation.link.partition("/user/")[0]
        yield f"{counted(len(new), 'account')} made; log in at {log_in}"
        yield f"the passwords are kept in {invitation.file}; hand them on, then move it away"
    for one in invitation.accounts:
        if not one.created:
            kept = f"; the password that was made for it is in {invitation.file}" if one.kept else ""
            yield f"{one.email} has an account already{kept}"
    if not new:
        yield "nothing to do"


def _assign(group: click.Group) -> None:
    @command(group, "assign")
    @click.option("--task", help="The task; default: the workspace's.")
    @in_workspace
    def assign(task: str | None, workspace: Path | None) -> None:
        """Give each annotator of the selection's plan a tab in Label Studio, with the articles meant for them.

        Send each the link to their own tab. There, the menu beside "Label All Tasks" has "Label Tasks As Displayed",
        which hands out their articles alone. Nothing keeps anybody from the others' articles: Label Studio gives each
        article to whoever comes first, up to as many as planned.

        \b
        Example:
          curation select --size 100 --annotators anna,ben,cleo --overlap 2
          curation studio push
          curation studio annotators assign
        """
        made = open_workspace(workspace).assign(task=task)
        rows = [(one.annotator, one.articles, one.tab, one.url) for one in made.shares]
        lines = table(("annotator", "articles", "tab", "link"), rows)
        if made.unsent:
            lines.append(f"not pushed yet, and so in no tab: {counted(made.unsent, 'article')}")
        if all(one.tab == "same" for one in made.shares):
            lines.append("nothing to do: the tabs are as planned")
        else:
            lines.append(
                'tell each: in your tab, open the menu beside "Label All Tasks" and press "Label Tasks As Displayed"'
            )
        emit(made, lines)


def _list(group: click.Group) -> None:
    @command(group, "list")
    @click.option("--task", help="The task; default: the workspace's.")
    @in_workspace
    def list_(task: str | None, workspace: Path | None) -> None:
        """List who has annotated how many articles, as of the last pull, under which pseudonym, and who could.

        Datasets and reports carry the pseudonyms; only this list, `progress` and the workspace tell whose they are.

        \b
        Example:
          curation studio annotators list
        """
        found = open_workspace(workspace).annotators(task=task)
        emit(found, _listed(found))


def _listed(found: Annotators) -> Iterator[str]:
    now = datetime.now().astimezone()
    rows = [
        (
            one.pseudonym or "-",
            _address(one),
            one.submitted,
            one.skipped,
            one.drafts,
            _when(one.last, now),
            "account deleted" if one.deleted and one.email else "",
        )
        for one in found.people
    ]
    if rows:
        yield from table(("annotator", "address", "submitted", "skipped", "drafts", "last at work", ""), rows)
    else:
        yield "nobody has annotated anything that was pulled: curation studio annotators invite, curation studio pull"
    if found.unreachable is not None:
        yield f"who else has an account, and whose is deleted, is not known: {found.unreachable}"


def _progress(group: click.Group) -> None:
    @command(group, "progress")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option(
        "--watch",
        type=click.FloatRange(1, 86400),
        is_flag=False,
        flag_value=_PAUSE,
        metavar="[SECONDS]",
        help=f"Look again and again, every {_PAUSE} seconds or as often as it says, until Ctrl-C.",
    )
    @in_workspace
    def progress(task: str | None, watch: float | None, workspace: Path | None) -> None:
        """Show who has done what, how fast, and what is left.

        It asks the server for what has changed since the last pull, and writes nothing. Where the server cannot be
        reached, it tells what was known last, and says so.

        With an account Label Studio forgets whose its work was: that counts as one line, (deleted accounts). What was
        pulled before stays under its annotator in the workspace.

        \b
        Example:
          curation studio progress
          curation studio progress --watch 60

        With --watch and --json, each look is one line of JSON.
        """
        opened = open_workspace(workspace)
        if watch is None:
            with waiting("Asking Label Studio"):
                standing = opened.progress(task=task)
            emit(standing, _report(standing))
            return
        if not as_json() and click.get_current_context().obj["quiet"]:
            raise CurationError("E_USAGE", "--watch has nothing to show with --quiet", fix="leave one of them out")
        with suppress(KeyboardInterrupt), _screen() as show:
            for standing in opened.each_progress(task=task):
                show(standing, watch)
                time.sleep(watch)


@contextmanager
def _screen() -> Iterator[Callable[[Standing, float], None]]:
    """What shows one look after the other: lines of JSON, blocks of text, or one place on a terminal."""
    if as_json():
        yield lambda standing, pause: click.echo(json.dumps(plain(standing), ensure_ascii=False, default=str))
    elif not sys.stdout.isatty():
        yield lambda standing, pause: click.echo("\n".join([*_report(standing), ""]))
    else:
        from rich.live import Live
        from rich.text import Text

        with Live(auto_refresh=False, vertical_overflow="crop") as live:

            def redraw(standing: Standing, pause: float) -> None:
                lines = [*_folded(standing, live.console.width), "", f"again every {pause:g} s; Ctrl-C ends"]
                live.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)

            yield redraw


def _folded(standing: Standing, width: int) -> Iterator[str]:
    """The report on lines of at most `width`, its table without columns for which there is no room."""
    rows = _people(standing, width)
    for line in _report(standing, width):
        yield from [line] if line in rows else wrap(line, width, subsequent_indent="  ") or [""]


def _report(standing: Standing, width: int | None = None) -> Iterator[str]:
    where = standing.url or f"{standing.server}, project {standing.project_id}"
    yield f"{standing.now:%a %d %b %Y %H:%M}  {standing.task}  {where}"
    seen = f"{standing.seen:%a %d %b %H:%M}" if standing.seen is not None else "nothing was pulled yet"
    if standing.why is not None:
        source = "the last look" if standing.source == "server" else "the last pull"
        yield f"Label Studio cannot be asked: {standing.why}. This is from {source}: {seen}"
    yield ""
    yield from _work(standing)
    yield ""
    if standing.people:
        yield from _people(standing, width)
        yield ""
        yield "left: articles that can still come to each, until others have done them"
        yield "minutes: the median of an article; week: since Monday"
    elif standing.complete:
        yield "nobody has annotated anything yet"
    yield from (f"note: {note}" for note in standing.notes)


def _people(standing: Standing, width: int | None) -> list[str]:
    """The table of who has done what, as wide as it is or with the columns for which there is room."""
    names = ["annotator", "address", "done", "skipped", "drafts", "left", "minutes", "today", "week", "last at work"]
    rows = [list(_row(one, standing.now)) for one in standing.people]
    lines = table(names, rows)
    for name in _LESS_NEEDED if width is not None else ():
        if max(map(len, lines)) <= (width or 0):
            break
        column = names.index(name)
        del names[column]
        for cells in rows:
            del cells[column]
        lines = table(names, rows)
    return lines


def _work(standing: Standing) -> Iterator[str]:
    work = standing.work
    share = f" ({work.done / work.articles:.0%})" if work.articles else ""
    yield (f"{'articles':12}{work.articles:,}: {work.done:,} done{share}, {work.begun:,} begun, "
           f"{work.untouched:,} untouched")  # fmt: skip
    yield f"{'overlap':12}{_overlaps(work)}"
    skips = f"; {counted(work.skipped, 'skip')}" if work.skipped else ""
    yield f"{'annotations':12}{work.submitted:,} submitted, {work.missing:,} to go{skips}"
    if work.hours_left is not None and work.missing:
        yield f"{'work left':12}about {_hours(work.hours_left)}, at {work.minutes:g} minutes an article"
    if not work.missing or not standing.complete:
        return
    last = "day" if work.pace_days <= 1 else f"{work.pace_days:.0f} days"
    if work.pace is None or work.days_left is None:
        yield f"{'pace':12}nothing was submitted in the last {last}: no saying when it will be done"
        return
    yield f"{'pace':12}{work.pace:,.1f} annotations a day (the last {last}, free days included)"
    days = f"in about {counted(round(work.days_left), 'day')}" if work.days_left >= 1 else "in less than a day"
    end = standing.now + timedelta(days=work.days_left)
    yield f"{'finished':12}{days}, on {end:%a %d %b %Y}, if it goes on like that"


def _hours(hours: float) -> str:
    return counted(round(hours), "hour") if hours >= 1.5 else counted(round(hours * 60), "minute")


def _overlaps(work: Work) -> str:
    several = [f"{number:,} to {counted(overlap, 'annotator')}" for overlap, number in work.overlaps.items()]
    if len(several) > 1:
        return ", ".join(several)
    return f"each goes to {counted(next(iter(work.overlaps), 0), 'annotator')}"


def _row(one: Person, now: datetime) -> tuple[object, ...]:
    return (
        one.pseudonym or "-",
        _address(one) + (" (deleted)" if one.deleted and one.email else ""),
        one.submitted,
        one.skipped,
        one.drafts,
        one.left,
        f"{'-' if one.minutes is None else format(one.minutes, '.1f'):>7}",
        one.today,
        one.week,
        _when(one.last, now),
    )


def _address(one: Person | Annotator) -> str:
    """What stands for somebody on a terminal; files that were pulled may have anything for an address."""
    from curation.reports.wording import shortened
    from curation.text import visible

    return shortened(visible(one.email), _ADDRESS) if one.email else _DELETED if one.deleted else ""


def _when(last: datetime | None, now: datetime) -> str:
    """A time as people say it; the year only where it is another one."""
    if last is None:
        return "-"
    there = last.astimezone(now.tzinfo)
    days = (now.date() - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if days == 1:
        return f"yesterday {there:%H:%M}"
    return f"{there:%a %d %b}" if there.year == now.year else f"{there:%d %b %Y}"
