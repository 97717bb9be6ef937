"""`verify --deep`: what a dataset says of itself that is not so is found, also where the manifest was made to fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.catalog import Label
from curation.errors import CurationError
from curation.export.formats import named, write
from curation.export.reading import Dataset
from curation.export.soundness import SHOWN
from curation.export.verifying import verify_deep
from curation.folders.manifest import facts_of, write_manifest
from curation.records import Mention
from curation.workspace.releases import rehydrate, verify_dataset

from .conftest import Study, annotation, article
from .test_reading import change_a_word_unseen


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    study = Study(tmp_path_factory.mktemp("deep") / "study")
    study.fill(12)
    study.build(configs=(*dict.fromkeys((*study.export.configs, "articles")),))
    return study.out


@pytest.fixture
def copy(whole, tmp_path) -> Path:
    return shutil.copytree(whole, tmp_path / "copy")


def make_it_fit(folder: Path, **changes: object) -> None:
    """Write the manifest anew, as somebody would who hides a change."""
    facts = facts_of(folder)
    write_manifest(
        folder, {**{key: facts[key] for key in facts if key not in ("format", "files", "digest")}, **changes}
    )


def shard(folder: Path, config: str, split: str = "train") -> Path:
    return next(iter(sorted((folder / config).glob(f"{split}-*.parquet"))))


def edit(path: Path, change: Callable[[list[dict]], object]) -> None:
    """Change the rows of a file, which keeps its schema."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path, compression="zstd", write_page_checksum=True)


def faults(folder: Path) -> list[str]:
    make_it_fit(folder)
    found = verify_deep(folder)
    assert found.files.ok
    assert not found.ok
    return [f"{one.place}: {one.problem}" for one in found.faults]


def test_a_build_is_sound(whole):
    found = verify_deep(whole)
    assert found.ok, found.faults
    assert found.rows == sum(sum(splits.values()) for splits in facts_of(whole)["rows"].values())
    assert verify_dataset(whole).rows is None


@pytest.mark.parametrize("kind", ["text", "choice"])
def test_what_a_codebook_calls_start_end_and_text_is_no_offset(study, tmp_path, kind):
    """It is checked as other attributes are, stays where texts are withheld, and is there where they are back."""
    values = ("Monday", "Friday") if kind == "choice" else ()
    name = study.task.labels["Actor"].attributes["name"]
    own = {one: replace(name, name=one, kind=kind, values=values) for one in ("start", "end")}
    own["text"] = replace(name, name="text")
    study.task = replace(study.task, labels={**study.task.labels, "Event": Label("Event", own)})
    said = {"start": "Monday", "end": "Friday", "text": "typed words"}
    for number in range(4):
        one = article(number)
        study.add_articles([one])
        record = annotation(one, "annotator-01")
        event = Mention("m9", "Event", 0, 5, one.text[:5], said)
        study.add(replace(record, mentions=(*record.mentions, event)))
    study.build()
    found = verify_deep(study.out)
    assert found.ok, found.faults
    whole = {config: list(Dataset(study.out).rows(config)) for config in Dataset(study.out).configs}
    study.build(text="offsets", configs=(*study.export.configs, "articles"))
    kept = [row["event_text"] for row in Dataset(study.out).rows("mentions") if row["label"] == "Event"]
    assert kept == ["typed words"] * 4
    mine = tmp_path / "mine.jsonl"
    mine.write_text(
        "".join(json.dumps({"title": one.title, "text": one.text}) + "\n" for one in map(article, range(4)))
    )
    rehydrate(study.out, mine, tmp_path / "copy")
    assert verify_deep(tmp_path / "copy").ok
    assert {config: list(Dataset(tmp_path / "copy").rows(config)) for config in whole} == whole


def test_changed_bytes_are_told_before_anything_is_read(copy):
    path = shard(copy, "gold")
    path.write_bytes(path.read_bytes()[:-1])
    found = verify_deep(copy)
    assert found.files.changed == (path.relative_to(copy).as_posix(),)
    assert (found.faults, found.rows) == ((), None)


def setting(*path: str | int, to: object) -> Callable[[list[dict]], None]:
    def change(rows: list[dict]) -> None:
        inner = rows[0]
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("config", "change", "problem"),
    [
        ("mentions", setting("end", to=10**6), "an offset outside of the text"),
        ("mentions", setting("start", to=-1), "an offset outside of the text"),
        ("mentions", setting("text", to="other"), "a text that is not what stands in the article"),
        ("mentions", setting("label", to=7), "no class of label has the id 7"),
        ("mentions", setting("label", to=-1), "no class of label has the id -1"),
        ("mentions", setting("annotation", to="nobody's"), "no such annotation: nobody's"),
        ("mentions", lambda rows: rows[1].update(id=rows[0]["id"]), "the same row twice"),
        ("gold", setting("mentions", 0, "text", to="other"), "a text that is not what stands in the article"),
        ("gold", setting("mentions", 0, "end", to=10**6), "an offset outside of the text"),
        ("gold", setting("mentions", 0, "attributes", "actor_type", to=99), "no class of mentions.attributes"),
        ("gold", setting("title", to="Another"), "a text that is not what stands in the article"),
        ("statements", setting("claim_text", to="other"), "a text that is not what stands in the article"),
        ("statements", setting("claim_fragments", 0, "start", to=0), "a text that is not what stands in the article"),
        ("annotations", lambda rows: rows[1].update(id=rows[0]["id"]), "the same row twice"),
        ("annotations", lambda rows: rows.pop(), "rows: the manifest says"),
        ("articles", setting("sha256", to="0" * 64), "a text that is not the one that `articles` has the hash of"),
    ],
)  # fmt: skip
def test_a_false_row_is_found(copy, config, change, problem):
    edit(shard(copy, config), change)
    found = faults(copy)
    assert any(problem in one for one in found), found


def test_an_article_in_two_splits_is_found(copy):
    train, test = shard(copy, "articles"), shard(copy, "articles", "test")
    first = pq.read_table(train).to_pylist()[0]
    edit(test, lambda rows: rows.__setitem__(0, first))
    assert any("an article that is in" in one for one in faults(copy))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda card: card.replace("'0': Actor", "'0': Claim", 1).replace("'1': Claim", "'1': Actor", 1), "features"),
        (lambda card: card.replace("num_examples: ", "num_examples: 1", 1), "num_examples"),
        (lambda card: card.replace("gold/train-00000", "gold/train-00007", 1), "data_files"),
        (lambda card: card.replace("dtype: int32", "dtype: int64", 1), "features"),
        (lambda card: card.replace("---\n", "", 1), "its header is no YAML"),
        (lambda card: card.replace("pretty_name", "\t: [", 1), "its header is no YAML"),
    ],
)
def test_a_card_that_says_something_else_is_found(copy, change, problem):
    text = (copy / "README.md").read_text()
    (copy / "README.md").write_text(change(text))
    assert (copy / "README.md").read_text() != text
    found = faults(copy)
    assert any(problem in one for one in found), found


def test_a_shard_that_was_left_over_is_found(copy):
    shutil.copy(shard(copy, "gold"), copy / "gold" / "train-00001-of-00002.parquet")
    assert "README.md: data_files: gold/train-00001-of-00002.parquet is not listed" in faults(copy)


def test_a_damaged_page_is_found(copy):
    path = shard(copy, "mentions")
    column = pq.read_metadata(path).row_group(0).column(0)
    begins = column.dictionary_page_offset or column.data_page_offset
    data = bytearray(path.read_bytes())
    data[begins + column.total_compressed_size - 1] ^= 1
    path.write_bytes(data)
    found = faults(copy)
    assert any(one.startswith(path.relative_to(copy).as_posix()) and "cannot be read" in one for one in found), found


def test_a_damaged_page_that_can_be_decoded_is_found(copy):
    """Another word in a column that nothing else is held against."""
    path = shard(copy, "annotations")
    change_a_word_unseen(path, "a remark of annotator-01")
    (fault,) = faults(copy)
    assert fault.startswith(f"{path.relative_to(copy).as_posix()}: it cannot be read")


def test_many_faults_of_one_kind_are_counted(copy):
    edit(shard(copy, "mentions"), lambda rows: [row.update(text="other") for row in rows])
    found = [one for one in faults(copy) if "a text that is not what stands" in one]
    assert len(found) == SHOWN + 1
    assert found[-1].endswith("more")


def test_a_conversion_verifies_deeply(tmp_path):
    from curation.converting import convert

    task = {"id": 1, "data": {"text": "Tenants cheered."}, "annotations": [{"id": 1, "result": [
        {"id": "a", "type": "labels", "from_name": "l", "to_name": "t",
         "value": {"start": 0, "end": 7, "text": "Tenants", "labels": ["Actor"]}}]}]}  # fmt: skip
    (tmp_path / "export.json").write_text(json.dumps([task]))
    report = convert(tmp_path / "export.json", tmp_path / "tables")
    found = verify_deep(tmp_path / "tables")
    assert found.ok, found.faults
    assert found.rows == sum(report.tables.values()) > 0
    path = next((tmp_path / "tables").rglob("mentions*/*.parquet"), None) or next(
        (tmp_path / "tables").rglob("*mentions*")
    )
    edit(path, lambda rows: rows.append(rows[0]))
    assert any("rows: the report says 1, the files hold 2" in one for one in faults(tmp_path / "tables"))


@pytest.mark.parametrize("form", ["jsonl", "csv", "conll", "brat"])
def test_of_other_formats_bytes_alone_are_checked(whole, tmp_path, form):
    out = write(Dataset(whole), named(form), tmp_path / "written").path
    found = verify_deep(out)
    assert (found.ok, found.rows, found.written_as) == (True, None, form)
    path = max(out.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    path.write_bytes(path.read_bytes()[:-1])
    assert verify_deep(out).files.changed == (path.relative_to(out).as_posix(),)


def test_parquet_that_was_written_is_read(whole, tmp_path):
    out = write(Dataset(whole), named("parquet"), tmp_path / "written").path
    dataset = Dataset(whole)
    rows = sum(count for splits in dataset.configs.values() for count in splits.values())
    assert (verify_deep(out).ok, verify_deep(out).rows) == (True, rows)
    path = out / "articles" / "train.parquet"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    make_it_fit(out)
    (fault,) = verify_deep(out).faults
    assert (fault.place, fault.problem.split(":")[0]) == ("articles/train.parquet", "it cannot be read")


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(CurationError) as error:
        verify_deep(tmp_path)
    assert error.value.code == "E_NOT_FOUND"
