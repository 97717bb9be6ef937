"""Which split each article of an export was put into, so that no later build moves it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kept:
    """What an export's earlier builds put where: the split of each article, and the days at which the time is cut."""

    splits: Mapping[str, str] = field(default_factory=dict)
    cuts: Mapping[str, str] = field(default_factory=dict)


class Splits:
    """The plans of exports, by the rules that they were made with. Nothing is ever deleted.

    With other rules an export begins anew; with the former ones again, it goes on where it was. An article that is
    gone for a while comes back to its split.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, export: str, rules: str) -> Kept:
        """What is kept of an export under these rules; nothing if it was never planned by them."""
        row = self._connection.execute(
            "SELECT number, cuts FROM plans WHERE export = ? AND rules = ?", (export, rules)
        ).fetchone()
        if row is None:
            return Kept()
        found = self._connection.execute("SELECT article_id, split FROM splits WHERE plan = ?", (row["number"],))
        return Kept(dict(tuple(one) for one in found), json.loads(row["cuts"]))

    def keep(self, export: str, rules: str, splits: Mapping[str, str], cuts: Mapping[str, str]) -> int:
        """Keep a plan, and return how many articles are new in it. What is kept already stays as it is."""
        self._connection.execute(
            "INSERT OR IGNORE INTO plans (export, rules, cuts) VALUES (?, ?, ?)",
            (export, rules, json.dumps(dict(cuts), ensure_ascii=False)),
        )
        number = self._connection.execute(
            "SELECT number FROM plans WHERE export = ? AND rules = ?", (export, rules)
        ).fetchone()["number"]
        return self._connection.executemany(
            "INSERT OR IGNORE INTO splits (plan, article_id, split) VALUES (?, ?, ?)",
            [(number, article_id, split) for article_id, split in sorted(splits.items())],
        ).rowcount
