"""Offsets in real documents: in which unit they count, and where spans of other tags stand in the plain text."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from curation.catalog import Root, load_task
from curation.store import Store
from curation.studio.counting import doubtful
from curation.studio.decode import Item, decode
from curation.studio.exportfile import pull_file
from curation.studio.foreign import foreign
from curation.studio.rendering import agreement
from curation.units import CODE_POINTS, UNITS, Detector, Refused, from_code_points

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLES = SHARED / "label_studio"
EXPORTS = SHARED / "corpora" / "ls_exports"
BASIL = SHARED / "corpora" / "basil" / "basil_v2.jsonl.gz"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the corpora are not there: no folder {SAMPLES}")


@pytest.fixture(scope="module")
def levy(tmp_path_factory, root):
    """The task that the samples were annotated with."""
    folder = tmp_path_factory.mktemp("levy")
    shutil.copytree(root.folder("schemas"), folder / "schemas")
    shutil.copytree(Path(__file__).with_name("carbon-levy"), folder / "tasks" / "carbon-levy")
    shutil.copy(SAMPLES / "interface.xml", folder / "tasks" / "carbon-levy" / "interface.xml")
    return load_task(Root(folder, is_workspace=False, settings={}))


def sample(name):
    [item] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return item


def export(name):
    path = EXPORTS / name
    return json.loads(gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes())


def spans(items):
    """Text, start, end and stored text of every span of an export."""
    for item in items:
        text = item["data"].get("text") or max(filter(lambda one: isinstance(one, str), item["data"].values()), key=len)
        for annotation in item["annotations"]:
            for row in annotation["result"]:
                if row.get("type") == "labels":
                    yield text, row["value"]["start"], row["value"]["end"], row["value"]["text"]


def evidence(found, unit=CODE_POINTS):
    detector = Detector(agreement)
    for text, start, end, stored in found:
        detector.add(text, *from_code_points(text, start, end, unit), stored)
    return detector.evidence()


@pytest.mark.parametrize(
    ("name", "tag", "key", "count"),
    [
        ("edge_hyper", "HyperText", "html", 28),
        ("edge_hyper_iframe", "HyperText", "html", 28),
        ("edge_para", "Paragraphs", "paras", 26),
    ],
)
def test_every_span_drawn_in_another_tag_is_exact(name, tag, key, count):
    item = sample(name)
    shown = foreign(tag, item["data"][key])
    rows = item["annotations"][0]["result"]
    assert len(rows) == count
    for row in rows:
        value = row["value"]
        start, end = shown.span(value)
        assert agreement(value["text"], shown.text[start:end])
        if "globalOffsets" in value:
            assert (start, end) == (value["globalOffsets"]["start"], value["globalOffsets"]["end"])
        with pytest.raises(Refused):
            shown.span({**value, "text": f"{value['text']}x"})


def test_paragraphs_whose_text_is_the_article_are_mentions(tmp_path, levy, schemas):
    with Store(tmp_path) as store:
        pull_file(store, levy, schemas, SAMPLES / "edge_para.json")
        [stored] = store.annotations.all()
    assert len(stored.record.mentions) == 26
    assert {found.code for found in stored.problems} == {"F_TAG_CONVERTED", "F_TEXT_WHITESPACE"}


def test_a_page_with_more_than_the_article_is_named_and_not_guessed(tmp_path, levy, schemas):
    with Store(tmp_path) as store:
        pull_file(store, levy, schemas, SAMPLES / "edge_hyper.json")
        [stored] = store.annotations.all()
    assert [found.code for found in stored.problems] == ["F_TAG_UNSUPPORTED"] * 28


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("leoka_team_01.json.gz", 3260),
        ("leoka_team_02.json.gz", 3273),
        ("karanheera_relations.json", 239),
        ("lue01_zh_spans.json", 514),
    ],
)
def test_real_exports_count_code_points(name, count):
    found = evidence(spans(export(name)))
    assert (found.spans, found.unexplained, found.suspicious) == (count, 0, False)
    assert found.fits[CODE_POINTS] == found.informative


def test_what_differs_in_leoka_is_white_space_and_no_unit():
    different = [(text[start:end], stored) for text, start, end, stored in spans(export("leoka_team_01.json.gz"))]
    different = [(there, stored) for there, stored in different if there != stored]
    assert len(different) == 38
    assert all(agreement(stored, there) == 1 for there, stored in different)


@pytest.mark.parametrize("unit", list(UNITS))
def test_a_unit_is_found_in_real_texts(unit):
    found = evidence(spans(export("lue01_zh_spans.json")), unit)
    # No text has astral characters or line breaks: what counts the same as the unit there cannot be told from it.
    assert found.unit == ("utf-8" if unit.startswith("utf-8") else CODE_POINTS)


@pytest.fixture(scope="module")
def basil():
    """Every span of BASIL as a raw annotation of its sentence."""
    with gzip.open(BASIL, "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    found = []
    for article in articles:
        sentences = [one for paragraph in article["article"]["body-paragraphs"] for one in paragraph]
        for span in article["annotation"]["phrase-level-annotations"]:
            text = article["article"]["title"] if span["id"] == "title" else sentences[int(span["id"][1:])]
            value = {"start": span["start"], "end": span["end"], "text": span["txt"], "labels": ["Claim"]}
            row = {"id": "r", "from_name": "span", "to_name": "text", "type": "labels", "value": value}
            found.append((text, {"id": len(found), "completed_by": 1, "result": [row]}))
    return found


def test_basil_has_no_offset_findings(basil, levy, schemas):
    assert len(basil) == 1726
    detector = Detector(agreement)
    for text, raw in basil:
        decoded = decode(raw, item=Item("n1", "a1", text, "annotator-01"), task=levy, schemas=schemas)
        assert decoded.problems == ()
        assert len(decoded.record.mentions) == 1
        value = raw["result"][0]["value"]
        detector.add(text, value["start"], value["end"], value["text"])
    found = detector.evidence()
    assert (found.spans, found.unexplained, found.suspicious, found.unit) == (1726, 0, False, CODE_POINTS)


def test_basil_in_one_workspace_has_no_doubtful_project(basil, tmp_path, levy, schemas):
    path = tmp_path / "export.json"
    items = [
        {"id": number, "project": 1, "data": {"article_id": f"a-{number}", "text": text}, "annotations": [raw]}
        for number, (text, raw) in enumerate(basil[:300])
    ]
    path.write_text(json.dumps(items), encoding="utf-8")
    with Store(tmp_path) as store:
        pull_file(store, levy, schemas, path)
        assert list(doubtful(store, levy)) == []
