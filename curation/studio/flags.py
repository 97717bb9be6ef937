"""Send findings back to annotators: what is to be mended stands in its item's data, and a tab shows those items."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.catalog import Task
from curation.errors import CurationError
from curation.findings import FINDINGS
from curation.records import Finding, Progress
from curation.reports.wording import shortened
from curation.store import Store
from curation.studio.client import Client, Refused, ServerFault, UnclearWrite, condition
from curation.studio.tabs import DEFAULT, make_tab, settings_of, titled
from curation.text import visible

KEY = "findings"
"""Under which an item's data hold its flag. No interface shows it: it would tell one annotator of another's work."""

TAB = "Findings"
"""The Data Manager's tab in which the flagged items are."""

_COLUMNS = ("id", "annotators", "data.title", f"data.{KEY}")
_WIDTHS = {f"tasks:data.{KEY}": 720, "tasks:data.title": 260}
_LINES = 20
_LINE = 400
_ARRIVING = (0.3, 1.0, 2.0)
_OWN = re.compile(r"F_[A-Z0-9_]+(?: F_[A-Z0-9_]+)*(?:\n|$)")
_FOREIGN = f"its data have something else under {KEY!r}, which stays"
_QUOTED = re.compile("“([^“”]*)”")
# So many failures and no success: it is the server.
_HOPELESS = 20


@dataclass(frozen=True, slots=True)
class FlagResult:
    """What was flagged. `flagged`, `cleared` and `unchanged` count items; with `dry_run` what would be done.

    `findings` are those that flags tell, `elsewhere` those of annotations that are not in the project. `gone` items
    are no longer there, `refused` ones (id and reason) the server did not take. `url` shows the flagged items.
    """

    project_id: int
    url: str
    flagged: int
    cleared: int
    unchanged: int
    findings: int
    elsewhere: int
    gone: tuple[int, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    dry_run: bool = False


def flag(
    store: Store,
    task: Task,
    client: Client,
    findings: Iterable[Finding],
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> FlagResult:
    """Let the items of exactly those findings be flagged, and no others; what is as it should be is not sent again.

    Nothing but the flag changes in an item's data; one that has something else under the key is refused.
    Raises `E_NOT_FOUND` if the task has no project on the server.
    """
    binding = store.ledger.project(client.server, task.name)
    if binding is None:
        message = f"nothing of the task {task.name} was pushed to {client.url} or pulled from there"
        raise CurationError("E_NOT_FOUND", message, fix="curation studio pull")
    of_item, elsewhere = _by_item(store, client.server, binding.project_id, findings)
    held = dict(client.with_value(binding.project_id, KEY))
    there = {item: value for item, value in held.items() if _is_flag(value)}
    foreign = (of_item.keys() & held.keys()) - there.keys()
    work = _Flagging(client, binding.project_id)
    wanted = {item: _flag(store, of_one) for item, of_one in of_item.items() if item not in foreign}
    changes = [item for item in sorted({*wanted, *there}) if wanted.get(item) != there.get(item)]
    for done, item in enumerate(changes, start=1):
        if not dry_run:
            work.settle(item, wanted.get(item))
        if progress is not None:
            progress(done, len(changes))
    refused = [*((item, _FOREIGN) for item in sorted(foreign)), *work.refused]
    failed = {*work.gone, *(item for item, _ in refused)}
    url = client.project_url(binding.project_id)
    if not dry_run:
        tab = _settle_tab(client, binding.project_id, needed=bool(wanted))
        url = f"{url}?tab={tab}" if tab is not None else url
    return FlagResult(
        project_id=binding.project_id,
        url=url,
        flagged=sum(item in wanted and item not in failed for item in changes),
        cleared=sum(item not in wanted and item not in failed for item in changes),
        unchanged=len({*wanted, *there}) - len(changes),
        findings=sum(len(of_one) for item, of_one in of_item.items() if item not in failed),
        elsewhere=elsewhere,
        gone=tuple(work.gone),
        refused=tuple(refused),
        dry_run=dry_run,
    )


@dataclass
class _Flagging:
    """Items being changed one by one, and which of them could not be."""

    client: Client
    project_id: int
    gone: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    _succeeded: bool = False

    def settle(self, item: int, wanted: str | None) -> None:
        """Make an item's flag what it should be. A write whose answer was lost is looked for, then sent again."""
        reason = ""
        for pause in (*_ARRIVING, None):
            try:
                data = self.client.item_data(self.project_id, item)
                if data is None:
                    self.gone.append(item)
                    return
                if data.get(KEY) != wanted:
                    self.client.change_data(item, _with(data, wanted))
            except UnclearWrite as error:
                reason = error.message
            except (Refused, ServerFault) as error:
                self._give_up(item, error)
                return
            else:
                self._succeeded = True
                return
            if pause is not None:
                time.sleep(pause)
        self._give_up(item, CurationError("E_SERVER_ERROR", reason))

    def _give_up(self, item: int, error: CurationError) -> None:
        self.refused.append((item, error.message))
        if not self._succeeded and len(self.refused) >= _HOPELESS:
            raise CurationError("E_SERVER_ERROR", f"{error.message}; so for {_HOPELESS} items")


def _by_item(
    store: Store, server: str, project_id: int, findings: Iterable[Finding]
) -> tuple[dict[int, list[Finding]], int]:
    """The findings of each item of the project, and how many there are of other places."""
    items = {annotation: item for annotation, item, _ in store.annotations.seen_in(server, project_id)}
    of_item: dict[int, list[Finding]] = {}
    elsewhere = 0
    for found in findings:
        item = items.get(found.annotation or "")
        if item is None:
            elsewhere += 1
        else:
            of_item.setdefault(item, []).append(found)
    return of_item, elsewhere


def _is_flag(value: object) -> bool:
    """Whether what stands under the key was made here: a project can have had something under it before."""
    return isinstance(value, str) and _OWN.match(value) is not None


def _flag(store: Store, findings: Sequence[Finding]) -> str:
    """What an annotator reads of an item's findings: the codes to filter by, then a line on each."""
    ranked = sorted(findings, key=lambda found: found.severity != "error")
    codes = " ".join(dict.fromkeys(found.code for found in ranked))
    lines = [shortened(_line(found, number), _LINE) for found, number in _numbered(store, ranked[:_LINES])]
    left = len(ranked) - _LINES
    return "\n".join([codes, *lines, *([f"... and {left} more"] if left > 0 else [])])


def _numbered(store: Store, findings: Iterable[Finding]) -> Iterator[tuple[Finding, int | None]]:
    """Findings with the number that Label Studio has given to their annotation."""
    numbers: dict[str, int | None] = {}
    for found in findings:
        name = found.annotation or ""
        if name not in numbers:
            stored = store.annotations.get(name)
            number = stored.raw.get("id") if stored else None
            numbers[name] = number if type(number) is int else None
        yield found, numbers[name]


def _line(found: Finding, number: int | None) -> str:
    title = FINDINGS[found.code].title if found.code in FINDINGS else found.code
    numbered = f"annotation {number}" if number is not None else None
    # Of people only the pseudonym: exports made by hand carry an item's data to wherever they go.
    where = ", ".join(filter(None, (found.annotator, numbered)))
    said = visible(f"{where or 'item'}: {title}. {found.message}. {found.fix}")
    # Quoted words of a script that runs from right to left would turn the offsets behind them.
    return _QUOTED.sub("“\u2068\\1\u2069”", said) if not said.isascii() else said


def _with(data: Mapping[str, Any], wanted: str | None) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if name != KEY}
    return kept if wanted is None else {**kept, KEY: wanted}


def _settle_tab(client: Client, project_id: int, *, needed: bool) -> int | None:
    """The id of the tab of flagged items, which is made where one is needed. One that people changed stays theirs."""
    tabs = client.tabs(project_id)
    found = titled(tabs, TAB)
    if found or not needed:
        return found[0] if found else None
    columns = client.columns(project_id)
    if not tabs:
        usual = [name for name, shown in columns.items() if shown and name != f"data.{KEY}"]
        make_tab(client, project_id, settings_of(DEFAULT, columns, usual))
    # All codes of findings begin so, and nothing that was there under the key does.
    filled = condition(f"data.{KEY}", "contains", "String", "F_")
    return make_tab(client, project_id, {**settings_of(TAB, columns, _COLUMNS, filled), "columnsWidth": _WIDTHS})
