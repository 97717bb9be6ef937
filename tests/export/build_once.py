"""Run as a script: build the dataset of a workspace. Usage: build_once.py STORE OUT. Prints the digest."""

from __future__ import annotations

import sys
from pathlib import Path

from curation.catalog import Root, Schemas, load_export, load_task
from curation.export import build
from curation.store import Store

root = Root(Path(__file__).resolve().parents[2], is_workspace=True, settings={})
with Store(Path(sys.argv[1])) as store:
    task = load_task(root, "news-stance")
    schemas = Schemas(root.folder("schemas"))
    result = build(store, load_export(root, "news-stance"), task, schemas, Path(sys.argv[2]))
sys.stdout.write(result.digest)
