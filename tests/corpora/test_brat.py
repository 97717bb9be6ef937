"""Real files of brat, several annotators a text: every span is found in the article, nothing is dropped in silence."""

from __future__ import annotations

import re
import shutil
import tarfile
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from curation.store import Store
from curation.workspace.brat import Brat

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
POLNEAR = SHARED / "corpora" / "polnear" / "brat.tar.xz"

pytestmark = pytest.mark.skipif(not POLNEAR.is_file(), reason=f"the corpus is not there: no file {POLNEAR}")

BRAT = {"labels": {"Source": "Actor", "Content": "Claim"}, "relations": {"Attribution:Source>Content": "unclear"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The corpus as brat has it: one folder an annotator, an annotation file beside each text."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(POLNEAR) as archive:
        archive.extractall(unpacked, filter="data")
    made = tmp_path_factory.mktemp("polnear")
    for ann in sorted(unpacked.glob("*/attributions/*.ann")):
        stem, _, annotator = ann.stem.rpartition("_")
        (made / annotator).mkdir(exist_ok=True)
        shutil.copy(ann, made / annotator / f"{stem}.ann")
        shutil.copy(ann.parent.parent / "text" / f"{stem}.txt", made / annotator / f"{stem}.txt")
    return made


def spans(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Id -> type and fragments, read without the program: by the offsets of the text as it lies there."""
    text = path.with_suffix(".txt").read_bytes().decode()
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = re.match(r"(T\d+)\t(\S+) ([\d ;]+)\t", line)
        if parts:
            places = sorted(tuple(map(int, place.split())) for place in parts[3].split(";"))
            found[parts[1]] = (parts[2], [text[start:end] for start, end in places])
    return found


def arrows(path: Path) -> int:
    """How many pairs of source and content the attributions of a file join."""
    count = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"E\d+\tAttribution:", line):
            roles = Counter(re.sub(r"\d*:.*", "", role) for role in line.split("\t")[1].split())
            count += roles["Source"] * roles["Content"]
    return count


def plain(text: str) -> str:
    """The text without white space and control characters, which cleaning removes."""
    return "".join(
        one for one in unicodedata.normalize("NFC", text) if not one.isspace() and unicodedata.category(one) != "Cc"
    )


def test_polnear_documents_and_spans_are_all_read(workspace, folder):
    result = workspace.ingest(folder, brat=Brat(**BRAT))
    files = sorted(folder.glob("*/*.ann"))
    assert len(files) == 118
    assert (result.rejects, result.skipped, result.brat.problems) == ((), (), ())
    assert (result.brat.documents, result.brat.units) == (118, {"characters": 118})
    types = Counter(kind for path in files for kind, _ in spans(path).values())
    for kind in types.keys() - BRAT["labels"].keys():
        assert result.brat.lost[f"span {kind!r}: the task has no label for it"] == types[kind]
    assert result.brat.relations >= sum(map(arrows, files)) > 2000
    mentions = 0
    with Store(workspace.path) as store:
        by_file = {name: article for article in store.articles for name, _ in store.predictions.files(article.id)}
        for path in files:
            article = by_file[f"{path.parent.name}/{path.name}"]
            [record] = [
                one for one in store.predictions.of(article.id, "news-stance") if one.annotator == path.parent.name
            ]
            wanted = {name: span for name, span in spans(path).items() if span[0] in BRAT["labels"]}
            pieces: dict[str, list[str]] = {}
            for mention in record.mentions:
                assert mention.text == article.text[mention.start : mention.end]
                assert mention.label == BRAT["labels"][wanted[mention.id.partition("-")[0]][0]]
                pieces.setdefault(mention.id.partition("-")[0], []).append(mention.text)
            assert {name: plain("".join(found)) for name, found in pieces.items()} == {
                name: plain("".join(fragments)) for name, (_, fragments) in wanted.items()
            }
            mentions += len(record.mentions)
            assert (f"{path.parent.name}/{path.name}", path.read_bytes()) in store.predictions.files(article.id)
    assert mentions == result.brat.mentions >= types["Source"] + types["Content"]


def test_polnear_annotations_are_six_peoples_and_every_span_stands_where_it_stood(workspace, folder):
    workspace.ingest(folder, brat=Brat("annotations", **BRAT))
    submitted = {one.email: one.submitted for one in workspace.annotators().people}
    assert submitted == {f"{path.name}@brat": len(list(path.glob("*.ann"))) for path in folder.iterdir()}
    with Store(workspace.path) as store:
        assert all(stored.problems == () for stored in store.annotations.all())
    codes = {finding.code for finding in workspace.validate().findings}
    assert not codes & {"F_RAW_SCHEMA", "F_TEXT_MISMATCH", "F_OFFSET_RANGE", "F_RELATION_ENDS", "F_REGION_DUPLICATE_ID"}
