"""Replace a dataset in which folders are read-only, as somebody whom the system does not let through everywhere.

Called with a folder that is empty, and with paths in it to make read-only once a dataset is there. Prints a line of
JSON for each try: its error, what lies there afterwards, and the content of the dataset.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from curation.errors import CurationError
from curation.folders.manifest import write_manifest
from curation.folders.staging import publish, staging

NOBODY = 65534


def replace(out: Path, content: str) -> dict[str, object]:
    error = None
    try:
        with staging(out, "data") as folder:
            (folder / "gold").mkdir()
            (folder / "gold" / "file").write_text(content)
            write_manifest(folder, {"name": "data"})
            publish(folder, out)
    except CurationError as raised:
        error = [raised.code, raised.message]
    beside = sorted(path.name for path in out.parent.iterdir())
    return {"error": error, "beside": beside, "content": (out / "gold" / "file").read_text()}


def main(base: Path, *closed: str) -> None:
    if os.geteuid() == 0:
        os.chown(base, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    tries = [replace(base / "data", "old")]
    for path in closed:
        (base / path).chmod(0o555)
    tries += [replace(base / "data", "new"), replace(base / "data", "new")]
    for path in closed:
        (base / path).chmod(0o755)
    tries.append(replace(base / "data", "new"))
    sys.stdout.write(json.dumps(tries))


main(Path(sys.argv[1]), *sys.argv[2:])
