"""Items of an export as rows of tables: quickly where all is as usual, else with everything that is wrong named."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from curation.records import Finding
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.general import General, Tally
from curation.studio.conversion.splitting import Block, Stretch
from curation.studio.conversion.strict import Fault, decoded, read
from curation.studio.conversion.tables import Batch, Writer
from curation.studio.conversion.usual import usual
from curation.studio.offsets import Counted

_ITEMS = 1000
_BYTES = 16 << 20


@dataclass(slots=True)
class Counts:
    """What was converted.

    `rows` are the rows of each table, `kept` how often each key went to a column `extra` (such as
    `annotations.import_id`), `findings` how many of each code, `annotators` the people that were given as objects, by
    the name that tables have for them, each as JSON. `ids_alone` counts the items that have no more than the
    ids of their predictions, or of their drafts. `general` counts the items that were not usual in every way,
    `unread` those that are no objects.
    """

    items: int = 0
    general: int = 0
    unread: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    ids_alone: Counter[str] = field(default_factory=Counter)
    annotators: dict[str, list[bytes]] = field(default_factory=dict)


class Core:
    """Converts the items of blocks, taken one after the other, in a memory that does not grow with their number.

    `found` is told every finding in order, with its pointer from the root of the file; `fault` what the JSON of an item
    has that could not be read, where `Fault.raw` is what is lost; it is not told to `found` again. `unit` is what
    offsets count, if not code points; they are converted to those where that is exact. What is wrong between the items
    (`Block.faults`) is the caller's. Without `compiled` every item is taken for unusual.
    """

    def __init__(
        self,
        declaration: Declaration,
        writer: Writer,
        found: Callable[[Finding], None],
        fault: Callable[[Fault], None],
        *,
        unit: Counted | None = None,
        compiled: bool = True,
    ) -> None:
        self._writer = writer
        self._found = found
        self._fault = fault
        self._counts = Counts()
        self._tally = Tally()
        self._general = General(declaration, self._tally, self._tell, unit)
        self._usual = usual(declaration, self._tally, self._general, unit) if compiled else None
        self._batch = Batch()
        self._ids: list[int] = []
        self._size = 0

    def take(self, block: Block) -> None:
        """Convert the items of a block. Raises what writing the tables raises."""
        for index, raw in enumerate(block.items):
            usual = self._usual
            found = None if usual is None else usual.put(self._batch, raw, block.first + index)
            item_id = self._one(block, index) if found is None else found[0]
            self._taken(item_id, len(memoryview(raw)))

    def ahead(self, stretch: Stretch) -> None:
        """Convert usual items from the front of what nobody has split into items yet."""
        rest = memoryview(stretch.data)
        at: int | None = stretch.at
        while at is not None and self._usual is not None:
            found = self._usual.put(self._batch, rest[at:], stretch.first + stretch.taken, whole=False)
            if found is None:
                break
            self._taken(*found)
            at = stretch.take(at + found[1])

    def close(self) -> Counts:
        """Write what is left. The writer stays open."""
        self._flush()
        counts = self._counts
        if self._usual is not None:
            self._usual.count()
        counts.rows.update({name: rows for name, rows in self._writer.rows.items() if rows})
        counts.kept, counts.annotators = self._tally.kept, self._tally.people
        counts.ids_alone = self._tally.ids_alone
        return counts

    def _taken(self, item_id: int | None, size: int) -> None:
        if item_id is not None:
            self._ids.append(item_id)
        self._size += size
        if len(self._ids) >= _ITEMS or self._size >= _BYTES:
            self._flush()

    def _one(self, block: Block, index: int) -> int | None:
        """Convert an item with all rules; its id in the tables."""
        raw = bytes(block.items[index])
        strict = read(raw)
        if strict.faults or not isinstance(strict.value, dict):
            place = block.place(index)
            strict = read(raw, *place)
            for fault in strict.faults:
                self._counts.findings[fault.code] += 1
                self._fault(fault)
            if not isinstance(strict.value, dict):
                self._counts.unread += 1
                fault = Fault("F_EXPORT_ITEM", "the item is no object", *place, raw=decoded(raw))
                self._counts.findings[fault.code] += 1
                self._fault(fault)
                return None
        self._counts.general += 1
        self._general.put(self._batch, strict.value, block.first + index)
        return int(self._batch.plain["items"][-1][0])

    def _tell(self, found: Finding) -> None:
        self._counts.findings[found.code] += 1
        self._found(found)

    def _flush(self) -> None:
        batch, self._batch, self._size = self._batch, Batch(), 0
        ids, self._ids = self._ids, []
        self._counts.items += len(ids)
        if ids:
            columns = batch.columns()
            if self._usual is not None:
                columns = self._usual.columns().with_(columns, ids)
            self._writer.write(columns.tables())
        if not gc.isenabled():
            del batch
            gc.collect(1)
