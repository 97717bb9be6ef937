"""The configs of a dataset: the one list of the tables there are, each with its columns and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from curation.export import rows
from curation.export.columns import Layout
from curation.export.rows import Group, Row
from curation.export.tokens import token_row


def _tokens(layout: Layout, group: Group) -> Iterator[Row]:
    if group.gold is not None:
        yield token_row(layout, group.article, group.gold)


ROWS: dict[str, Callable[[Layout, Group], Iterator[Row]]] = {
    "gold": rows.gold_rows,
    "annotations": rows.annotation_rows,
    "mentions": rows.mention_rows,
    "statements": rows.statement_rows,
    "stance": rows.stance_rows,
    "tokens": _tokens,
    "articles": rows.article_rows,
}
"""How the rows of each config are made of one article, its valid annotations and what holds of it.

`agreement` is not among them: it is about all articles at once.
"""
