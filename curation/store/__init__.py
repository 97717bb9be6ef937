"""The workspace's state: one SQLite file, the only SQL of the program, and the lock that guards it."""

from __future__ import annotations

from curation.records import Reject
from curation.store.database import Store
from curation.store.gold import Decided
from curation.store.people import Known, Work
from curation.store.rows import (
    ArticleState,
    Candidate,
    Chosen,
    Current,
    Place,
    Profile,
    Project,
    Push,
    Revision,
    StoredAnnotation,
)
from curation.store.splits import Kept
from curation.store.submitted import Annotated, Said, Submitted
from curation.store.units import Decision
from curation.store.versions import SHOWN_KINDS, Migration, ShownKind, Version, VersionKind

__all__ = [
    "SHOWN_KINDS",
    "Annotated",
    "ArticleState",
    "Candidate",
    "Chosen",
    "Current",
    "Decided",
    "Decision",
    "Kept",
    "Known",
    "Migration",
    "Place",
    "Profile",
    "Project",
    "Push",
    "Reject",
    "Revision",
    "Said",
    "ShownKind",
    "Store",
    "StoredAnnotation",
    "Submitted",
    "Version",
    "VersionKind",
    "Work",
]  # fmt: skip
