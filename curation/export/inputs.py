"""What a dataset is made from, as one hash: cheap to compare with what the last build was made from."""

from __future__ import annotations

import hashlib
import json

from curation.catalog import Export, Task
from curation.store import Store


def inputs(store: Store, export: Export, task: Task) -> str:
    """A hash of the task's submitted annotations with their verdicts, its gold, the task, and the export with its card.

    It changes too with what is known of their articles, and when these turn out to be copies, which are in one split.
    Reads no text and no annotation's content: both have hashes.
    """
    declared: list[object] = [export.name, export.title, export.license, export.languages, export.configs, export.seed]
    declared += [export.by, export.stratify, export.text, sorted(export.about.items())]
    parts: list[object] = [
        store.annotations.state(task.name),
        store.submitted.state(task.name),
        task.digest,
        declared,
        list(export.splits.items()),
        export.card,
    ]
    gold = store.gold.state(task.name)
    # What was built before anything was adjudicated stays what it was built from.
    parts += [gold] if gold is not None else ["adjudicated"] if store.gold.was_run(task.name) else []
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
