"""Datasets without texts: nothing of an article is in them, and all of it comes back, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value
from huggingface_hub import DatasetCard
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import CurationError, Exit
from curation.export.offsets import JOINT, restorer, withhold, without_text
from curation.export.reading import Dataset
from curation.export.verifying import verify_deep
from curation.folders.manifest import facts_of, write_manifest
from curation.records import Mention, Statement
from curation.text import content_hash
from curation.workspace.releases import rehydrate

from .conftest import Study, annotation, article

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles")
NUMBER = 12


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path]:
    """The same study built with its texts and without them."""
    folder = tmp_path_factory.mktemp("offsets")
    study = Study(folder / "study")
    study.fill(NUMBER)
    twin = replace(article(0), id="twin", title="The same text under another title")
    study.add_articles([twin])
    study.add(annotation(twin, "annotator-01"))
    study.build(configs=CONFIGS, measured=True)
    shutil.copytree(study.out, folder / "full")
    study.build(configs=CONFIGS, text="offsets", measured=True)
    shutil.copytree(study.out, folder / "offsets")
    return folder / "full", folder / "offsets"


def write(path: Path, documents: list[dict]) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents), encoding="utf-8")
    return path


def documents(*, without: tuple[int, ...] = ()) -> list[dict]:
    """The articles as somebody else has them: under ids of their own, in another order."""
    found = [article(number) for number in reversed(range(NUMBER)) if number not in without]
    given = [{"id": f"mine-{number}", "title": one.title, "text": one.text} for number, one in enumerate(found)]
    return [*given, {"id": "mine-twin", "title": "The same text under another title", "text": article(0).text}]


def tables(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_nothing_of_an_article_is_in_a_dataset_without_texts(both):
    _, published = both
    dataset = Dataset(published)
    said = json.dumps([list(dataset.rows(config)) for config in dataset.configs], ensure_ascii=False)
    said += "".join(path.read_text() for path in published.rglob("*") if path.suffix in (".md", ".json", ".svg"))
    for number in range(NUMBER):
        text = article(number).text
        pieces = [text[start : start + 16] for start in range(0, len(text) - 16, 7)]
        assert not [piece for piece in pieces if piece in said and not piece.startswith("Ida Vance")]
        assert f'"{article(number).title}"' not in said
    rows = list(dataset.rows("mentions"))
    assert all(0 <= row["start"] < row["end"] for row in rows)
    assert verify_deep(published).ok


def test_all_texts_come_back_byte_for_byte(both, tmp_path):
    full, published = both
    source = write(tmp_path / "articles.jsonl", documents())
    done = rehydrate(published, source, tmp_path / "out")
    assert (done.articles, done.restored, done.missing, done.left_out) == (NUMBER + 1, NUMBER + 1, (), 0)
    assert (done.untitled, done.unread, done.others, done.changed) == ((), 0, 0, True)
    assert tables(tmp_path / "out") == tables(full)
    found = verify_deep(tmp_path / "out")
    assert found.ok, found.faults
    assert Dataset(tmp_path / "out").features("gold") == Dataset(full).features("gold")
    assert not rehydrate(published, source, tmp_path / "out").changed


def card_of(folder: Path) -> tuple[dict, str]:
    """The header of a card, as the Hub reads it, and what stands below it."""
    card = DatasetCard.load(folder / "README.md")
    return card.data.to_dict(), card.text


def test_the_card_of_a_copy_is_that_of_a_dataset_with_texts(both, tmp_path):
    """But for what it says of the texts and of itself."""
    full, published = both
    assert "comes without the texts" in (published / "README.md").read_text()
    given = write(tmp_path / "mine.jsonl", documents())
    rehydrate(published, given, tmp_path / "out")
    data, copy = card_of(tmp_path / "out")
    whole, wanted = card_of(full)
    assert data == whole
    note, rest = copy.strip().split("\n\n", 1)
    assert f"Of {NUMBER + 1} articles no text is missing." in note
    assert "null" not in note
    assert "comes without" not in copy
    assert "Texts are not published: articles" not in copy
    assert "†" not in copy
    differing = [
        (one, other) for one, other in zip(rest.splitlines(), wanted.strip().splitlines(), strict=True) if one != other
    ]
    assert [other for _, other in differing] == ["Texts are published in full."]
    for one in ("labels", "stance", "agreement", "annotators"):
        assert (tmp_path / "out" / "plots" / f"{one}.svg").read_bytes() == (full / "plots" / f"{one}.svg").read_bytes()


def test_the_card_of_a_part_counts_what_is_there(both, tmp_path):
    _, published = both
    given = documents(without=(1, 4))
    given[0]["title"] = "Edited"
    done = rehydrate(published, write(tmp_path / "a.jsonl", given), tmp_path / "out")
    out = Dataset(tmp_path / "out")
    data, card = card_of(out.folder)
    assert (
        "> 11 of 13 articles have their texts again. Rows about the other 2 are left out: article-001 (no such" in card
    )
    assert f"> 1 title is null, as no title that was there has the published hash: article-{NUMBER - 1:03d}." in card
    infos = {one["config_name"]: one for one in data["dataset_info"]}
    for config, splits in out.configs.items():
        rows = {split: sum(pq.read_metadata(path).num_rows for path in out.files(config, split)) for split in splits}
        sizes = {split: sum(pq.read_table(path).nbytes for path in out.files(config, split)) for split in splits}
        said = {one["name"]: one for one in infos[config]["splits"]}
        assert {split: one["num_examples"] for split, one in said.items()} == rows == splits
        # In memory, where a file that is read back has room for nulls that there are none of.
        assert {split: one["num_bytes"] for split, one in said.items()} == pytest.approx(sizes, rel=0.05)
        stored = sum(path.stat().st_size for split in splits for path in out.files(config, split))
        assert infos[config]["download_size"] == stored
        line = next(one for one in card.split("## Configs")[1].splitlines() if one.startswith(f"| {config} | "))
        assert line.endswith(f"| {sum(rows.values())} |")
    annotations = list(out.rows("annotations"))
    assert f"3 annotators worked on 11 articles; {len(annotations)} annotations passed" in card
    assert f"| annotations | {len(annotations)} by 3 annotators |" in card
    for path in out.folder.rglob("*.parquet"):
        name = path.relative_to(out.folder).as_posix()
        assert f"| `{name}` | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in card
    assert "† Of the published dataset:\n\nMeasured on the" in card
    assert "† Of the published dataset:\n\nKept in one split" in card
    assert re.search("^- `gold`: .*nobody has decided: .*†$", card, re.MULTILINE)
    assert "(plots/agreement.svg)" in card
    assert "in the published dataset](plots/agreement.svg)" in card
    manifest = out.facts
    assert (
        (manifest["articles"], manifest["annotations"]) == (done.restored, len(annotations)) == (11, len(annotations))
    )
    assert [one["article_id"] for one in manifest["rehydrated"]["missing"]] == ["article-001", "article-004"]
    croissant = json.loads((out.folder / "croissant.json").read_text())
    assert "11 of 13 articles" in croissant["description"]
    assert croissant["rai:dataAnnotationAnalysis"][0].startswith("Of the published dataset: ")


def test_the_card_of_a_part_without_annotations_counts_articles(study, tmp_path):
    study.fill(NUMBER)
    study.build(configs=("stance", "articles"), text="offsets", measured=True)
    done = rehydrate(study.out, write(tmp_path / "a.jsonl", documents(without=(1,))), tmp_path / "out")
    _, card = card_of(tmp_path / "out")
    assert [one.article_id for one in done.missing] == ["article-001"]
    assert f"3 annotators worked on {NUMBER - 1} articles;" in card
    stances = [row for row in Dataset(tmp_path / "out").rows("stance") if row["scope"] == "article" and row["label"]]
    listed = card.split("The stance that holds")[1].split("###")[0]
    assert sum(map(int, re.findall(r"\| (\d+) \|$", listed, re.MULTILINE))) == len(stances) > 0, listed
    assert verify_deep(tmp_path / "out").ok


def test_the_card_of_a_part_names_no_config_that_is_not_there(both, tmp_path):
    """Of one article on which annotators differ there is no gold: nobody has decided."""
    full, published = both
    decided = {row["article_id"] for row in Dataset(full).rows("gold")}
    open_ones = tuple(number for number in range(NUMBER) if article(number).id not in decided)
    others = tuple(number for number in range(NUMBER) if number != open_ones[0])
    given = documents(without=others)[:-1]
    rehydrate(published, write(tmp_path / "a.jsonl", given), tmp_path / "out")
    out = Dataset(tmp_path / "out")
    data, card = card_of(out.folder)
    gone = set(CONFIGS) - out.configs.keys()
    assert {"gold", "tokens"} <= gone < set(CONFIGS)
    first = next(iter(out.configs))
    assert f'load_dataset("PATH_OR_REPOSITORY", "{first}")' in card
    assert [one["config_name"] for one in data["configs"] if one.get("default")] == [first]
    assert re.findall("^- `([a-z]+)`: ", card, re.MULTILINE) == list(out.configs)
    assert (
        f"Without a row, and therefore not here: the configs {', '.join(one for one in CONFIGS if one in gone)}."
        in card
    )
    assert "`gold` holds what was decided" in card_of(published)[1]
    assert "`gold` holds what was decided" not in card
    assert verify_deep(out.folder).ok


def test_a_dataset_of_before_keeps_its_card(both, tmp_path):
    """Its manifest does not say what the card is made of."""
    _, published = both
    older = shutil.copytree(published, tmp_path / "older")
    facts = {one: fact for one, fact in facts_of(older).items() if one not in ("card", "files", "digest", "format")}
    write_manifest(older, facts)
    rehydrate(older, write(tmp_path / "a.jsonl", documents(without=(1,))), tmp_path / "out")
    _, card = card_of(tmp_path / "out")
    assert "> What stands below is about the published dataset: figures, columns and checksums." in card
    assert "comes without the texts" not in card
    assert verify_deep(tmp_path / "out").ok


def test_texts_come_from_whatever_ingest_reads(both, tmp_path):
    full, published = both
    archive = tmp_path / "archive" / "deep"
    archive.mkdir(parents=True)
    for number, one in enumerate(documents()):
        (archive / f"{number}.txt").write_text(one["text"].replace("\n", "\r\n"), encoding="utf-8")
    write(archive / "titles.jsonl", [{"title": one["title"], "text": one["text"]} for one in documents()])
    (archive / "broken.html").write_bytes(b"")
    (archive / "nul.txt").write_bytes(b"a\x00b")
    done = rehydrate(published, archive.parent, tmp_path / "out")
    assert done.missing == ()
    assert done.unread >= 1
    assert tables(tmp_path / "out") == tables(full)


def test_articles_that_are_not_there_are_named_and_their_rows_left_out(both, tmp_path):
    full, published = both
    source = write(tmp_path / "a.jsonl", documents(without=(1, 4)))
    edited = {"id": "article-004", "text": article(4).text + " An edit."}
    done = rehydrate(published, [source, write(tmp_path / "b.jsonl", [edited])], tmp_path / "out")
    assert [(one.article_id, one.reason) for one in done.missing] == [
        ("article-001", "absent"),
        ("article-004", "differs"),
    ]
    assert done.restored == NUMBER - 1
    for config in CONFIGS:
        gone = ("article-001", "article-004")
        whole = [row for row in Dataset(full).rows(config) if row.get("article_id") not in gone]
        assert list(Dataset(tmp_path / "out").rows(config)) == whole
    rows = {config: sum(splits.values()) for config, splits in done.rows.items()}
    before = {config: sum(splits.values()) for config, splits in Dataset(full).configs.items()}
    assert done.left_out == sum(before.values()) - sum(rows.values()) > 0
    found = verify_deep(tmp_path / "out")
    assert found.ok, found.faults


def test_a_title_without_its_hash_is_null(both, tmp_path):
    _, published = both
    given = documents()
    given[0]["title"] = "Edited"
    done = rehydrate(published, write(tmp_path / "a.jsonl", given), tmp_path / "out")
    assert (done.untitled, done.missing) == ((f"article-{NUMBER - 1:03d}",), ())
    assert not done.is_whole
    titles = {row["article_id"]: row["title"] for row in Dataset(tmp_path / "out").rows("articles")}
    assert [one for one, title in titles.items() if title is None] == [f"article-{NUMBER - 1:03d}"]


@pytest.mark.parametrize("case", ["has texts", "itself", "inside", "nothing", "damaged", "in the way"])
def test_what_cannot_be_done_changes_nothing(both, tmp_path, case):
    full, published = both
    published = shutil.copytree(full if case == "has texts" else published, tmp_path / "in")
    source = write(tmp_path / "a.jsonl", [{"text": "Another text."}] if case == "nothing" else documents())
    out = {"itself": published, "inside": published / "gold" / "out"}.get(case, tmp_path / "out")
    if case == "damaged":
        (published / "README.md").write_text("x")
    if case == "in the way":
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CurationError) as error:
        rehydrate(published, source, out)
    codes = {"nothing": "E_NO_INPUT", "damaged": "E_EXPORT_DAMAGED", "in the way": "E_EXISTS"}
    assert error.value.code == codes.get(case, "E_USAGE")
    assert sorted(tmp_path.rglob("*")) == before


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", ["with texts", "without", "another copy"])
def test_a_dataset_of_the_same_name_is_not_replaced(both, tmp_path, case):
    """A build, a release, a copy of what is another dataset by now."""
    full, published = both
    source = write(tmp_path / "a.jsonl", documents())
    out = shutil.copytree(published if case == "without" else full, tmp_path / "out")
    if case == "another copy":
        facts = {name: fact for name, fact in facts_of(out).items() if name not in ("files", "digest", "format")}
        write_manifest(out, {**facts, "rehydrated": {"from": "0" * 64}})
    before = everything(tmp_path)
    with pytest.raises(CurationError) as error:
        rehydrate(published, source, out)
    assert (error.value.code, str(out) in error.value.message) == ("E_EXISTS", True)
    assert everything(tmp_path) == before


def test_a_copy_is_replaced_by_one_with_more_texts(both, tmp_path):
    _, published = both
    rehydrate(published, write(tmp_path / "a.jsonl", documents(without=(1, 4))), tmp_path / "out")
    done = rehydrate(published, write(tmp_path / "a.jsonl", documents()), tmp_path / "out")
    assert (done.changed, done.missing) == (True, ())
    assert verify_deep(tmp_path / "out").ok


def test_an_export_without_texts_says_which_they_were(study):
    study.fill(2)
    with pytest.raises(CurationError) as error:
        study.build(configs=("gold",), text="offsets")
    assert error.value.code == "E_DEFINITION"
    assert error.value.exit is Exit.CONFIG
    assert not study.out.exists()


def test_the_joint_is_that_of_statements():
    parts = tuple(Mention(f"m{number}", "Claim", 0, 1, word) for number, word in enumerate(("one", "two")))
    assert Statement(parts, None, None).claim_text == f"one{JOINT}two"


SPAN = {"id": Value("string"), "start": Value("int32"), "end": Value("int32"), "text": Value("string")}
TYPED = {
    "kind": ClassLabel(names=["a", "b"]),
    **{name: Value("string") for name in ("text_note", "start", "end", "text", "e_start", "e_text", "e_fragments")},
    "e_end": ClassLabel(names=["soon", "late"]),
    "tokens": List(Value("string")),
}
"""What a codebook may call its own, and an annotator types."""
FEATURES = Features(
    {
        "article_id": Value("string"),
        "title": Value("string"),
        "sha256": Value("string"),
        "text": Value("string"),
        "mentions": List({**SPAN, "attributes": TYPED}),
        "tokens": List(Value("string")),
        "start": List(Value("int32")),
        "end": List(Value("int32")),
        "target": Value("string"),
        "claim_text": Value("string"),
        "claim_fragments": List(SPAN),
        "holder": Value("string"),
        "holder_start": Value("int32"),
        "holder_end": Value("int32"),
        "holder_text": Value("string"),
        "context": Value("string"),
    }
)
"""Every way in which a table of ours holds text."""


@st.composite
def rows(draw: st.DrawFn) -> dict:
    text = draw(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30))
    title = draw(st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=5))

    def span() -> tuple[int, int]:
        start = draw(st.integers(0, len(text) - 1))
        return start, draw(st.integers(start + 1, len(text)))

    def part(number: int) -> dict:
        start, end = span()
        return {"id": f"m{number}", "start": start, "end": end, "text": text[start:end]}

    mentions = [part(number) for number in range(draw(st.integers(0, 3)))]
    fragments = [part(number) for number in range(draw(st.integers(0, 2)))]
    tokens = [span() for _ in range(draw(st.integers(0, 3)))]
    holder = draw(st.none() | st.just(span()))
    said = None if holder is None else text[slice(*holder)]
    claim = JOINT.join(one["text"] for one in fragments) if fragments else None
    typed = dict.fromkeys(TYPED, "kept") | {"kind": 1, "e_end": 0, "tokens": ["kept"]}
    return {
        "article_id": "a",
        "title": title,
        "sha256": content_hash(text),
        "text": text,
        "mentions": [one | {"attributes": typed} for one in mentions],
        "tokens": [text[start:end] for start, end in tokens],
        "start": [start for start, _ in tokens],
        "end": [end for _, end in tokens],
        "target": claim if fragments else "a target of the task",
        "claim_text": claim,
        "claim_fragments": fragments,
        "holder": draw(st.sampled_from([said, "Ida Vance"])) if holder else None,
        "holder_start": holder and holder[0],
        "holder_end": holder and holder[1],
        "holder_text": said,
        "context": "kept",
    }


@given(st.lists(rows(), min_size=1, max_size=4))
def test_what_is_withheld_is_what_comes_back(given):
    published = without_text(FEATURES)
    whole = pa.Table.from_pylist(given, schema=FEATURES.arrow_schema)
    table = withhold(whole, published)
    assert table.schema.equals(published.arrow_schema, check_metadata=True)
    assert not {"text", "title", "tokens", "claim_text", "holder_text"} & set(table.column_names)
    restore = restorer(FEATURES)
    back = [restore(row, one["text"], one["title"]) for row, one in zip(table.to_pylist(), given, strict=True)]
    assert back == given
    for row in table.to_pylist():
        assert row["context"] == "kept"
        assert all("text" not in one and one["attributes"].keys() == TYPED.keys() for one in row["mentions"])
