"""Every finding of exported files has a file that trips exactly it; its wrong and right examples are what they say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import curation
from curation.catalog import find_root, load_task
from curation.converting import findings_of
from curation.findings import FINDINGS
from curation.findings.exports import EXPORTS
from curation.findings.texts import TEXTS
from curation.records import annotation_from_json, article_from_json
from curation.validation import check

INVALID = Path(__file__).parent / "exports" / "invalid"
RECORDS = Path(__file__).parents[2] / "validation" / "records"
ROOT = find_root(Path(__file__).resolve().parents[3])
FILES = sorted(INVALID.iterdir())


def code_of(path: Path) -> str:
    return f"F_{path.stem.upper().replace('-', '_')}"


def codes(export: Path, out: Path) -> list[str]:
    return [one.code for one in findings_of(curation.convert(export, out).out)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_gives_the_one_finding_that_it_is_named_after(path, tmp_path):
    assert codes(path, tmp_path / "out") == [code_of(path)]


def test_every_finding_has_a_file():
    here = {code_of(path) for path in FILES}
    assert here == set(EXPORTS)
    of_tasks = {
        code for path in ROOT.folder("tasks").glob("*/examples/invalid/*.json")
        for code in json.loads(path.read_text("utf-8"))["expect"]
    }  # fmt: skip
    # A text that cannot be put back is no fault of an annotation: the tests of `rehydrate` trip these.
    assert here | of_tasks | {code_of(path) for path in RECORDS.iterdir()} == FINDINGS.keys() - TEXTS.keys()


def test_a_record_of_another_shape_has_one_too(schemas):
    for path in RECORDS.iterdir():
        example = json.loads(path.read_text("utf-8"))
        record, article = annotation_from_json(example["record"]), article_from_json(example["article"])
        task = load_task(ROOT, record.task)
        assert [one.code for one in check(record, article, task, schemas)] == [code_of(path)]
        assert check(replace(record, **example["mended"]), article, task, schemas) == []


def as_bytes(example: str) -> bytes:
    """The file that an example of a finding tells of."""
    mark = "the bytes EF BB BF, then "
    text, _, said = re.sub(r"^" + mark, "\ufeff", example).partition(" in ")
    deep = re.search(r"\[{4} \.\.\. ([\d,]+) deep \.\.\. \]{4}", text)
    if deep is not None:
        depth = int(deep[1].replace(",", ""))
        text = text.replace(deep[0], "[" * depth + "]" * depth)
    encoded = text.encode(said.partition(",")[0] or "UTF-8")
    for told in re.findall(r"bytes? ((?:[0-9A-F]{2} ?)+)", example):
        assert bytes.fromhex(told) in encoded
    return encoded


@pytest.mark.parametrize("code", EXPORTS)
@pytest.mark.parametrize("side", ["wrong", "right"])
def test_an_example_is_what_it_says(code, side, tmp_path):
    (tmp_path / "export.json").write_bytes(as_bytes(getattr(EXPORTS[code], side)))
    assert codes(tmp_path / "export.json", tmp_path / "out") == ([code] if side == "wrong" else [])
