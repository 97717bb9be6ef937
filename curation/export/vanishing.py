"""What keeps a dataset from losing a config that it had without a word: readers would get another one in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.catalog import Export
from curation.errors import CurationError
from curation.export.blocks import Block
from curation.text import counted


def require_gold(export: Export, blocks: Sequence[Block], *before: Mapping[str, Any] | None) -> None:
    """Raise `E_GOLD_OUTDATED` where a config that one of the datasets `before` had vanishes with gold that is outdated.

    `before` are the facts of what stood there and of what was released. A codebook that was edited makes gold outdated:
    without `gold` the next config would be the one that `load_dataset` takes where none is named.
    """
    outdated = sum(block.notes["account"]["outdated"] for block in blocks)
    had = {config for facts in before if facts is not None for config in facts["rows"]}
    made = {config for block in blocks for config, rows in block.notes["written"].items() if rows}
    written = {config for block in blocks for config in block.notes["written"]}
    gone = [config for config in export.configs if config in (had & written) - made]
    if not outdated or not gone:
        return
    default = next(config for config in export.configs if config in had)
    taken = ", which is what load_dataset takes where no config is named" if default in gone else ""
    raise CurationError(
        "E_GOLD_OUTDATED",
        f"{export.name} would lose {' and '.join(gone)}{taken}: gold of {counted(outdated, 'article')} was made from"
        " other annotations or rules",
    )
