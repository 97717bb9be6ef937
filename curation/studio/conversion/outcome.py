"""What a conversion tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from curation.findings import FINDINGS
from curation.records import Severity

_BOOKKEEPING = frozenset({
    "agreement", "annotation", "bulk_created", "cancelled_annotations", "comment_authors", "comment_count",
    "created_ago", "created_username", "draft_created_at", "file_upload", "id", "import_id", "inner_id",
    "last_action", "last_comment_updated_at", "last_created_by", "lead_time", "parent_annotation",
    "parent_prediction", "prediction", "project", "result_count", "reviews", "task", "total_annotations",
    "total_predictions", "unresolved_comment_count", "updated_by", "user", "was_postponed",
})  # fmt: skip
"""What Label Studio writes of itself into every export; it says nothing about the texts."""

_ALLOWED = frozenset({"F_RELATION_UNLABELLED"})
"""What Label Studio has no means to forbid: an error where a task asks for it, and a warning in an export."""

SUSPECT = ("F_TEXT_MISMATCH", "F_OFFSET_RANGE")
"""What is found of spans whose offsets count another unit."""


def severity_of(code: str) -> Severity:
    """How grave a kind of finding is in an export."""
    return "warning" if code in _ALLOWED else FINDINGS[code].severity


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """What became of an export: rows by table, findings by code, and what was not interpreted.

    `kept` counts the keys that no column has a place for, and the types of result rows that no table has one for; they
    are in the column `extra` and in the table `other`. `unread` counts what could not be read at all. `lacks` says what
    the export does not hold. `offsets` says in which unit offsets count, where that was asked or is in doubt.
    `nothing_new` says that the folder held this very conversion already.
    """

    export: str
    out: Path
    items: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    warnings: int = 0
    annotators: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    unread: int = 0
    lacks: tuple[str, ...] = ()
    offsets: str | None = None
    nothing_new: bool = False

    @property
    def left_over(self) -> dict[str, int]:
        """What of `kept` is no bookkeeping of Label Studio's own, the most frequent first."""
        known = {name: n for name, n in self.kept.items() if name.partition(".")[2] not in _BOOKKEEPING}
        return dict(sorted(known.items(), key=lambda one: (-one[1], one[0])))

    @property
    def following(self) -> dict[str, int]:
        """How many findings of single spans there are, by code, where the unit of all offsets is in doubt: most follow
        from that."""
        codes = SUSPECT if "F_OFFSET_UNIT" in self.findings else ()
        return {code: self.findings[code] for code in codes if code in self.findings}

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for the manifest."""
        return {
            name: dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
            for name in self.__dataclass_fields__
            if name not in ("out", "nothing_new")
            for value in [getattr(self, name)]
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], out: Path) -> Self:
        """The report of a conversion that stands in `out`, from its manifest."""
        known = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        return cls(**{**known, "lacks": tuple(known.get("lacks", ())), "out": out, "nothing_new": True})
