"""Built datasets in other formats, by name: each read by the programs that own the format."""

from __future__ import annotations

from curation.errors import CurationError
from curation.export.formats.brat import BRAT
from curation.export.formats.conll import CONLL
from curation.export.formats.csv import CSV
from curation.export.formats.dna import DNA
from curation.export.formats.docbin import SPACY
from curation.export.formats.format import Format, Option
from curation.export.formats.graphs import GEXF, GRAPHML
from curation.export.formats.jsonl import JSONL
from curation.export.formats.parquet import PARQUET
from curation.export.formats.writing import WriteResult, write, write_folder

DEFAULT = "parquet"

__all__ = ["DEFAULT", "FORMATS", "Format", "Option", "WriteResult", "named", "write", "write_folder"]

FORMATS: dict[str, Format] = {form.name: form for form in (PARQUET, JSONL, CSV, CONLL, BRAT, SPACY, DNA, GRAPHML, GEXF)}
"""Every format by name, the default first. All are made from what `curation export build` makes, itself Parquet."""


def named(name: str) -> Format:
    """The format of that name. Raises `E_USAGE` if there is none."""
    if name not in FORMATS:
        raise CurationError("E_USAGE", f"there is no format {name!r}", fix=f"one of: {', '.join(FORMATS)}")
    return FORMATS[name]
