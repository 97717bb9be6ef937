"""From an export to a folder of tables: which items there are, what they were made with, and what became of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from curation import __version__
from curation.cycles import uncollected
from curation.errors import CurationError
from curation.findings import finding
from curation.folders.manifest import MANIFEST, facts_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.records import Finding, Progress
from curation.studio.conversion import minimal
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.declaring import declare, infer
from curation.studio.conversion.outcome import SUSPECT, ConversionReport, severity_of
from curation.studio.conversion.source import Source, open_export, require_file
from curation.studio.conversion.splitting import Block, Stretch
from curation.studio.conversion.strict import Fault, read
from curation.studio.offsets import Counted
from curation.text import counted
from curation.units import CODE_POINTS, UNITS

if TYPE_CHECKING:
    from curation.studio.conversion.core import Counts

SAMPLE = 200
"""Items, and annotated ones, from which it is told what they were annotated with, where no interface says it."""

FEW = 10
"""Items that tell whether an export is JSON-MIN."""

LOOKED_AT = 16 << 20
"""Bytes behind these items in which it is looked for objects that none of them has."""

_OBJECT = re.compile(rb'"to_name"\s*:\s*"([^"]*)"')

DOUBTFUL = 2_000
"""Items whose stored texts are asked for the unit of offsets, where some do not fit and nothing is to be converted."""


@uncollected()
def convert(
    export: Path,
    out: Path,
    *,
    interface: Path | None = None,
    fix_offsets: bool = False,
    progress: Progress | None = None,
) -> ConversionReport:
    """Convert a Label Studio JSON export of any text project into Parquet tables in the folder `out`.

    `interface` is the file with the project's labeling interface; without it labels and controls are told from the
    data. `fix_offsets` converts offsets that count another unit than code points, if the stored texts leave no doubt.
    `progress` is told bytes of the export.

    Whatever is wrong in the export becomes a finding, and everything else is converted. Raises `E_NOT_FOUND`,
    `E_BAD_EXPORT` for what is no JSON, `E_DEFINITION` for a broken interface, `E_EXISTS` if `out` holds something else,
    `E_LOCKED`, `E_DISK`.
    """
    try:
        require_file(export)
        xml = None if interface is None else _interface(interface)
        facts = _facts(export, xml, fix_offsets=fix_offsets)
        earlier = _earlier(out, export, facts)
        if earlier is not None:
            return earlier
        with staging(out, f"conversion of {_named(export)}") as folder:
            run = _Run(export, folder, fix_offsets=fix_offsets, progress=progress)
            report = run.run(out, None if xml is None else declare(xml, str(interface)))
            facts = {**facts, "source": {"bytes": run.size, "sha256": run.digest}}
            write_manifest(folder, {**facts, "report": report.to_json()})
            publish(folder, out)
            return report
    except OSError as error:
        raise CurationError("E_DISK", f"{error.filename or out}: {error.strerror}") from None


def _named(export: Path) -> str:
    """The export's name; what in it is no UTF-8 is replaced."""
    return export.name.encode("utf-8", "replace").decode()


def _interface(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CurationError("E_NOT_FOUND", f"{path} does not exist", fix="name an existing file") from None
    except UnicodeDecodeError:
        raise CurationError("E_DEFINITION", f"{path} is not UTF-8", fix="save it in UTF-8") from None


def _facts(export: Path, xml: str | None, *, fix_offsets: bool) -> dict[str, Any]:
    """What a conversion is made with, but for the export itself."""
    digest = None if xml is None else hashlib.sha256(xml.encode()).hexdigest()
    return {
        "name": f"conversion of {_named(export)}",
        "curation": __version__,
        "options": {"interface": digest, "fix_offsets": fix_offsets},
    }


def _earlier(out: Path, export: Path, facts: Mapping[str, Any]) -> ConversionReport | None:
    """The report of the conversion in `out`, if that is whole and would be made again just so."""
    held = facts_of(out) if (out / MANIFEST).is_file() else None
    if held is None or any(held.get(name) != fact for name, fact in facts.items()) or not export.is_file():
        return None
    source = held.get("source", {})
    if source.get("bytes") != export.stat().st_size:
        return None
    with export.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != source.get("sha256"):
            return None
    return ConversionReport.from_json(held["report"], out) if verify(out).ok else None


@dataclass(slots=True)
class _Run:
    """One conversion into a fresh folder."""

    export: Path
    folder: Path
    fix_offsets: bool
    progress: Progress | None
    size: int = 0
    digest: str = ""
    _found: Counter[str] = field(default_factory=Counter)
    _unread: int = 0
    _answers: Mapping[str, str] = field(default_factory=dict)
    _findings: IO[bytes] | None = None

    def run(self, out: Path, declared: Declaration | None) -> ConversionReport:
        """Convert everything; the folder holds all files but the manifest then."""
        from curation.studio.conversion.core import Core
        from curation.studio.conversion.tables import Writer

        declaration, flat = self._look(declared)
        unit, offsets = self._unit(declaration, flat) if self.fix_offsets else (None, None)
        writer = Writer(self.folder / "data")
        with (self.folder / "findings.jsonl").open("wb") as self._findings:
            tell = self._tell_of_minimal if flat else self._tell
            core = Core(declaration, writer, tell, self._fault, unit=unit)
            if flat:
                self._tell(finding("F_EXPORT_MINIMAL", f"{_named(self.export)} is a JSON-MIN export"))
            for block in self._blocks(declaration, flat, core.ahead):
                for fault in block.faults:
                    self._fault(fault)
                core.take(block)
            counts = core.close()
            if not counts.items:
                self._tell(finding("F_EXPORT_EMPTY", "line 1, byte 0: the file holds no item"))
            files = writer.close() or [self._no_items()]
            if unit is None and any(self._found[code] for code in SUSPECT):
                offsets = self._doubt(declaration, flat) or offsets
        self._findings = None
        lacks = _lacking(counts, flat=flat, declared=declared is not None, nameless=_nameless(files))
        report = self._report(out, counts, lacks, offsets)
        self._write(report, counts, files)
        return report

    def _no_items(self) -> Path:
        """The table of items without a row: in a folder without tables, `datasets` would take findings for one."""
        import pyarrow.parquet as pq

        from curation.studio.conversion.tables import SCHEMAS

        path = self.folder / "data" / "items" / "train-00000.parquet"
        path.parent.mkdir(parents=True)
        # Without a group of rows: `datasets` reads no group that is empty.
        pq.ParquetWriter(path, SCHEMAS["items"]).close()
        return path

    def _look(self, declared: Declaration | None) -> tuple[Declaration, bool]:
        """What the items were made with, and whether they are records of JSON-MIN."""
        with open_export(self.export) as source:
            items = (bytes(raw) for block in source.blocks() for raw in block.items)
            first = list(islice(items, SAMPLE if declared is None else FEW))
            sample = [read(raw).value for raw in first]
            flat = any(minimal.is_minimal(item) for item in sample)
            if declared is not None:
                return declared, flat
            if not flat:
                sample += [read(raw).value for raw in _telling(first, items)]
        self._answers = minimal.answers(sample)
        made = (minimal.as_item(one, None, self._answers) if minimal.is_minimal(one) else one for one in sample)
        return infer(list(made)), flat

    def _blocks(self, declaration: Declaration, flat: bool, ahead: Callable[[Stretch], None]) -> Iterator[Block]:
        """The export's blocks, but for what is taken ahead, with what is counted of them at the end."""
        with open_export(self.export) as source:

            def take_ahead(stretch: Stretch) -> None:
                ahead(stretch)
                self._progressed(source)

            blocks = source.blocks(None if flat else take_ahead)
            for block in minimal.expanded(blocks, declaration, self._answers) if flat else blocks:
                yield block
                self._progressed(source)
            self.size, self.digest = source.size, source.sha256()

    def _progressed(self, source: Source) -> None:
        if self.progress is not None:
            self.progress(source.done, source.size)

    def _unit(self, declaration: Declaration, flat: bool) -> tuple[Counted | None, str]:
        """The unit from which offsets are converted, None if nothing has to be or may be; and the evidence."""
        from curation.studio.conversion.measuring import measure

        evidence = measure(self._quietly(declaration, flat), declaration)
        if evidence.unit is None or evidence.unit == CODE_POINTS:
            return None, f"{evidence.summary()}; nothing was converted"
        counted = Counted(evidence.unit, evidence.certain)
        return counted, f"{evidence.summary()}; converted to {UNITS[CODE_POINTS]}"

    def _doubt(self, declaration: Declaration, flat: bool) -> str | None:
        """What is said of the unit of offsets where stored texts do not fit."""
        from curation.studio.conversion.measuring import measure

        evidence = measure(self._quietly(declaration, flat), declaration, DOUBTFUL)
        if not evidence.suspicious:
            return None
        mixed = "Nothing is converted by majority: export the annotators apart, or those of one unit."
        fix = mixed if evidence.mixed else "Convert again with --fix-offsets."
        self._tell(finding("F_OFFSET_UNIT", evidence.summary(), fix=fix))
        return evidence.summary()

    def _quietly(self, declaration: Declaration, flat: bool) -> Iterator[Block]:
        with open_export(self.export) as source:
            blocks = source.blocks()
            yield from minimal.expanded(blocks, declaration, self._answers) if flat else blocks

    def _tell(self, found: Finding) -> None:
        assert self._findings is not None
        self._found[found.code] += 1
        self._findings.write(_ENCODE(found) + b"\n")

    def _tell_of_minimal(self, found: Finding) -> None:
        """Tell what is wrong in a record of JSON-MIN: where it stands in the file no pointer says, and the span of
        what is said of a region may be one of several."""
        if found.code != "F_ATTRIBUTE_ORPHAN":
            self._tell(replace(found, json_pointer=None))

    def _fault(self, fault: Fault) -> None:
        self._tell(fault.finding())
        if fault.raw is None:
            return
        self._unread += 1
        row = {"line": fault.line, "byte": fault.byte, "reason": fault.problem, "raw": fault.raw}
        with (self.folder / "unread.jsonl").open("ab") as file:
            file.write(_ENCODE(row) + b"\n")

    def _report(self, out: Path, counts: Counts, lacks: tuple[str, ...], offsets: str | None) -> ConversionReport:
        errors = sum(number for code, number in self._found.items() if severity_of(code) == "error")
        return ConversionReport(
            export=_named(self.export),
            out=out,
            items=counts.items,
            tables={name: number for name, number in counts.rows.items() if number},
            findings=dict(self._found),
            errors=errors,
            warnings=self._found.total() - errors,
            annotators=len(counts.annotators),
            kept=dict(sorted(counts.kept.items())),
            unread=self._unread,
            lacks=lacks,
            offsets=offsets,
        )

    def _write(self, report: ConversionReport, counts: Counts, files: list[Path]) -> None:
        """The files beside the tables."""
        import pyarrow.parquet as pq

        from curation.studio.conversion.card import render

        schemas = {path.parent.name: pq.read_schema(path) for path in files}
        (self.folder / "README.md").write_text(render(report, schemas), encoding="utf-8")
        if counts.annotators:
            with (self.folder / "annotators.jsonl").open("w", encoding="utf-8") as file:
                for name, given in counts.annotators.items():
                    for one in given:
                        row = {"annotator": name, "given": json.loads(one)}
                        file.write(json.dumps(row, ensure_ascii=False) + "\n")


_ENCODE = msgspec.json.Encoder().encode


def _telling(first: Sequence[bytes], items: Iterator[bytes]) -> Iterator[bytes]:
    """Items behind the `first` that tell more of what was annotated: those may not be annotated yet, or not in every
    object."""
    told = [set(_OBJECT.findall(raw)) for raw in first]
    left, known, seen = SAMPLE - sum(map(bool, told)), set[bytes]().union(*told), 0
    for raw in items:
        names, seen = set(_OBJECT.findall(raw)), seen + len(raw)
        if names and (left > 0 or not names <= known):
            left -= 1
            known |= names
            yield raw
        elif left <= 0 and seen > LOOKED_AT:
            return


def _nameless(files: Sequence[Path]) -> int:
    """How many annotations name nobody."""
    import pyarrow.parquet as pq

    nulls = 0
    for path in files:
        if path.parent.name == "annotations":
            # `read_table` imports pandas, which takes a tenth of a conversion of 10,000 items.
            with pq.ParquetFile(path) as file:
                nulls += file.read(columns=["annotator"]).column(0).null_count
    return nulls


def _lacking(counts: Counts, *, flat: bool, declared: bool, nameless: int) -> tuple[str, ...]:
    """What an export does not hold, though others do; `nameless` annotations name nobody."""
    if not counts.items:
        return ()
    if flat:
        return minimal.LACKS if declared else (*minimal.LACKS, minimal.UNNAMED)
    lacks = [] if counts.rows["annotations"] else ["annotations"]
    if nameless:
        every = nameless == counts.rows["annotations"]
        lacks.append(f"the annotators of {'all annotations' if every else counted(nameless, 'annotation')}")
    lacks += [f"the {name} of {counted(n, 'item')}: their ids alone are there" for name, n in counts.ids_alone.items()]
    if declared:
        return tuple(lacks)
    return (
        *lacks,
        "the interface: whether a label or a choice was declared, or one missing, is not known (--interface)",
    )
