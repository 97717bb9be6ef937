from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import DatasetInfo, Features
from huggingface_hub import DatasetCard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.catalog import Field
from curation.errors import CurationError
from curation.export.card import Built, Tally, render
from curation.export.columns import layout
from curation.export.features import features
from curation.export.tables import Written
from curation.records import Article
from curation.text import content_hash, normalise

NASTY = st.sampled_from(
    ["---", "\n---\n", "yes", "null", "1", "0x1f", "'", '"', "a: b", "- x", "# no", "{}", "[", "&a", "*a",
     "!!python", "_type", "|", "a|b", "<script>", "${seed}", "$title", "%", "@", "`", "\u2028", "\x85", "🚋",
     "\ufeff", "سقف", "\\", "~", "é"]
)  # fmt: skip
text = st.lists(NASTY | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), max_size=4).map(
    "".join
)
name = text.filter(str.strip)
named = name.filter(lambda label: any(character.isalnum() for character in label))
slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def header(card: str) -> dict:
    return DatasetCard(card).data.to_dict()


def test_the_header_names_files_and_classes(built):
    study, result = built
    card = (study.out / "README.md").read_text()
    data = header(card)
    assert data["pretty_name"] == study.export.title
    assert data["license"] == "cc0-1.0"
    assert data["language"] == ["en", "de", "ar"]
    assert data["size_categories"] == ["n<1K"]
    assert data["task_categories"] == ["text-classification", "token-classification"]
    assert [one["config_name"] for one in data["configs"]] == list(result.configs)
    for config in data["configs"]:
        files = {one["split"]: one["path"] for one in config["data_files"]}
        assert list(files) == [split for split in ("train", "validation", "test") if split in files]
        assert all((study.out / path).is_file() for path in files.values())
    for info in data["dataset_info"]:
        rows = {split["name"]: split["num_examples"] for split in info["splits"]}
        assert rows == result.configs[info["config_name"]]


@pytest.mark.parametrize("config", ["gold", "annotations", "mentions", "statements", "stance"])
def test_the_header_has_the_features_of_the_files(built, config):
    """Class names in the header win over those in the files, silently: they must be the same."""
    study, _ = built
    (info,) = (
        one for one in header((study.out / "README.md").read_text())["dataset_info"] if one["config_name"] == config
    )
    said = DatasetInfo._from_yaml_dict(info).features
    for path in (study.out / config).glob("*.parquet"):
        held = Features.from_arrow_schema(pq.read_schema(path))
        assert held == said == features(config, layout(study.task))
        assert held.arrow_schema == pq.read_schema(path)


def test_the_body_counts_and_keeps_no_placeholder(built):
    study, result = built
    body = (study.out / "README.md").read_text().split("\n---\n", 1)[1]
    assert "$" not in body
    assert f"{result.annotations} annotations passed" in body
    assert "| mentions |" in body
    assert f"{result.undecided} articles are left out because annotators differ on them" in body
    assert "| Actor | 156 |" in body


def test_nothing_of_an_article_is_in_the_card(study, make_article, make_annotation):
    canary = "Zyxwvut"
    said = f"{canary} text that goes on for long enough to be marked five times over."
    one = replace(make_article(1), title=f"{canary} title", text=said, sha256=content_hash(said))
    study.add_articles([one])
    record = make_annotation(one, "annotator-01")
    study.add(replace(record, choices={**record.choices, "note": canary}))
    study.build()
    assert canary not in (study.out / "README.md").read_text()
    assert canary not in (study.out / "manifest.json").read_text()


def test_an_unknown_placeholder_is_named(study, tmp_path):
    study.fill(1)
    (tmp_path / "card.md").write_text("# $title\n\n$authors\n")
    with pytest.raises(CurationError) as error:
        study.build(folder=tmp_path)
    assert error.value.code == "E_DEFINITION"
    assert "$authors" in error.value.message
    assert "$annotators" in error.value.fix
    assert not study.out.exists()


def test_a_lone_dollar_is_named(study, tmp_path):
    study.fill(1)
    (tmp_path / "card.md").write_text("It cost $ 5.")
    with pytest.raises(CurationError) as error:
        study.build(folder=tmp_path)
    assert error.value.code == "E_DEFINITION"
    assert "line 1" in error.value.message


@slow
@given(title=name, seed=name, values=st.lists(name, min_size=1, max_size=5, unique=True), label=named, licence=name)
def test_names_of_definitions_cannot_break_the_card(study, title, seed, values, label, licence):
    export = replace(study.export, title=title, seed=seed, license=licence)
    field = Field("stance", "stance", "choice", tuple(values), target=label)
    task = replace(
        study.task,
        title=title,
        labels={label: replace(study.task.labels["Actor"], name=label)},
        relations={},
        choices={"stance": field},
    )
    said = features("gold", layout(task))
    card = render(export, task, Tally(), {"gold": Built(said, {"train": Written(1, 10)}, 5)})
    data = header(card)
    assert data["pretty_name"] == title
    assert data["license"] == licence
    (info,) = data["dataset_info"]
    assert DatasetInfo._from_yaml_dict(info).features == said
    assert yaml.safe_load(card.split("\n---\n")[0][4:]) == data, "the header ends where YAML ends"


@slow
@given(title=text, said=text.map(lambda text: normalise(f"Some text. {text} More of it, with a word or two.")))
def test_articles_cannot_break_the_dataset(new_study, make_annotation, title, said):
    study = new_study(uuid4().hex)
    one = Article(id="a", text=said, sha256=content_hash(said), title=title)
    study.add_articles([one])
    record = make_annotation(one, "annotator-01")
    study.add(replace(record, choices={**record.choices, "note": title}))
    study.build()
    (path,) = (study.out / "annotations").glob("*.parquet")
    (row,) = pq.read_table(path).to_pylist()
    assert (row["text"], row["title"], row["note"]) == (said, title, title or None)
    assert all(said[one["start"] : one["end"]] == one["text"] for one in row["mentions"])
    assert header((study.out / "README.md").read_text())["pretty_name"] == study.export.title
