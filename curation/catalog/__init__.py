"""What a workspace declares: its root, its schemas, tasks and exports."""

from __future__ import annotations

from curation.catalog.exports import Export, GroupedBy, list_exports, load_export
from curation.catalog.root import FOLDERS, WORKSPACE_FILE, Root, builtin_root, find_root, init_root, name_server
from curation.catalog.schemas import Schemas
from curation.catalog.tasks import (
    Contradiction,
    Field,
    HolderRule,
    Label,
    RelationRule,
    Task,
    list_tasks,
    load_task,
)
from curation.pointers import SchemaProblem

__all__ = [
    "FOLDERS",
    "WORKSPACE_FILE",
    "Contradiction",
    "Export",
    "Field",
    "GroupedBy",
    "HolderRule",
    "Label",
    "RelationRule",
    "Root",
    "SchemaProblem",
    "Schemas",
    "Task",
    "builtin_root",
    "find_root",
    "init_root",
    "list_exports",
    "list_tasks",
    "load_export",
    "load_task",
    "name_server",
]
