"""Items of an export as rows of tables: quickly where all is as usual, else with everything that is wrong named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curation.records import Finding
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.splitting import Block
from curation.studio.conversion.strict import Fault

if TYPE_CHECKING:
    from curation.studio.conversion.tables import Writer


@dataclass(slots=True)
class Counts:
    """What was converted.

    `rows` are the rows of each table, `kept` how often each key went to a column `extra` (such as
    `annotations.import_id`), `findings` how many of each code, `annotators` the people that were given as objects, by
    the name that tables have for them, each as JSON. `general` counts the items that were not usual in every way.
    """

    items: int = 0
    general: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    annotators: dict[str, list[bytes]] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)


class Core:
    """Converts the items of blocks, taken one after the other, in a memory that does not grow with their number.

    `found` is told every finding in order, with its pointer from the root of the file; `fault` what the JSON of an item
    has that could not be read, where `Fault.raw` is what is lost; it is followed by no call of `found`. `unit` is what
    offsets count, one of `curation.units.UNITS`; they are converted to code points where that is exact. What is wrong
    between the items (`Block.faults`) is the caller's.
    """

    def __init__(
        self,
        declaration: Declaration,
        writer: Writer,
        found: Callable[[Finding], None],
        fault: Callable[[Fault], None],
        *,
        unit: str | None = None,
        fast: bool = True,
    ) -> None:
        raise NotImplementedError

    def take(self, block: Block) -> None:
        """Convert the items of a block."""
        raise NotImplementedError

    def close(self) -> Counts:
        """Write what is left. The writer stays open."""
        raise NotImplementedError
