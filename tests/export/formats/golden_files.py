"""What each format makes of the small dataset, as text; run as a script to make the golden files anew.

Usage: python -m tests.export.formats.golden_files
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from curation.export.formats import named, write
from curation.export.reading import Dataset

GOLDEN = Path(__file__).with_name("golden")
REPAIR = f"{Path(sys.executable).name} -m tests.export.formats.golden_files"

CASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "parquet": ("parquet", {}),
    "jsonl": ("jsonl", {}),
    "csv": ("csv", {}),
    "csv-excel": ("csv", {"separator": "semicolon", "bom": "yes"}),
    "conll": ("conll", {}),
    "brat": ("brat", {}),
    "brat-annotations": ("brat", {"of": "annotations"}),
    "spacy": ("spacy", {}),
    "dna": ("dna", {}),
    "graphml": ("graphml", {"window": "month"}),
    "gexf": ("gexf", {"concept": "kind"}),
    "gexf-over-time": ("gexf", {"window": "quarter", "mode": "two-mode"}),
}
"""Golden folders: a format and its options."""


def written(dataset: Dataset, case: str, folder: Path) -> dict[str, str]:
    """The text of each file that a case writes into `folder`, but README and manifest.

    Of Parquet and a DocBin it is what pyarrow and spaCy read.
    """
    form, options = CASES[case]
    write(dataset, named(form), folder, options)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix() + (".json" if path.suffix in _READERS else ""): _text(path)
        for path in files
        if path.name not in ("README.md", "manifest.json")
    }


def golden(case: str) -> dict[str, str]:
    """The same, as it is kept."""
    folder = GOLDEN / case
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _text(path: Path) -> str:
    if path.suffix not in _READERS:
        return path.read_bytes().decode()
    return json.dumps(list(_READERS[path.suffix](path)), ensure_ascii=False, indent=1, default=str) + "\n"


def _rows(path: Path) -> Iterator[dict[str, object]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    yield {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)}
    yield from table.to_pylist()


def _documents(path: Path) -> Iterator[dict[str, object]]:
    import spacy
    from spacy.tokens import DocBin

    for doc in DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab):
        spans = {
            label: [[span.id_, span.start_char, span.end_char, span.text] for span in group]
            for label, group in doc.spans.items()
        }
        ents = [[ent.label_, ent.start_char, ent.end_char] for ent in doc.ents]
        yield {"text": doc.text, "tokens": [token.text for token in doc], "spans": spans, "ents": ents} | {
            "cats": doc.cats,
            "user_data": doc.user_data,
        }


_READERS: Mapping[str, Callable[[Path], Iterator[dict[str, object]]]] = {".parquet": _rows, ".spacy": _documents}


def main() -> None:
    """Make the golden files anew."""
    from tests.export.formats.conftest import make, small_cases

    shutil.rmtree(GOLDEN, ignore_errors=True)
    with TemporaryDirectory() as name:
        dataset = make(Path(name) / "small", small_cases())
        for case in CASES:
            for path, text in written(dataset, case, Path(name) / case).items():
                (GOLDEN / case / path).parent.mkdir(parents=True, exist_ok=True)
                (GOLDEN / case / path).write_bytes(text.encode())


if __name__ == "__main__":
    main()
