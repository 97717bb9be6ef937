"""brat's annotations in the words of a task: as suggestions, as annotations, and nothing dropped in silence."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

import curation
from curation.articles import Options
from curation.errors import CurationError
from curation.records import Relation
from curation.store import Store
from curation.studio.suggestions import Suggestions
from curation.workspace.brat import Brat

TEXT = "The mayor said it is late, and they agree. Anna Ek denied it."
ANN = (
    "T1\tSource 0 9\tThe mayor\nT2\tContent 15 25;31 41\tit is late they agree\nT3\tCue 10 14\tsaid\n"
    "E1\tAttribution:T3 Source:T1 Content:T2 Cue:T3\nT4\tActor 43 50\tAnna Ek\nT5\tClaim 58 60\tit\n"
    "R1\topposes Arg1:T4 Arg2:T5\nR2\tsupports Arg1:T5 Arg2:T4\nR3\tliKes Arg1:T4 Arg2:T5\n"
    "R4\tsame_as Arg1:T1 Arg2:T9\n"
    "A1\ttype T4 person\nA2\tKind T5 Factual\nA3\ttype T1 dragon\nA4\tNegation E1\n"
    "A5\ttopics T5 housing\nA6\ttopics T5 transport\n"
    "N1\tReference T4 Wikidata:Q42\tAnna Ek\nN2\tReference T1 Wikidata:none\tThe mayor\n"
    "#1\tAnnotatorNotes T4\tsure?\n*\tEquiv T1 T4\n"
)
LABELS = {"Source": "Actor", "Content": "Claim"}
RELATIONS = {"Attribution:Source>Content": "supports", "Equiv": "same_as"}


@pytest.fixture
def folder(tmp_path):
    """A folder that somebody annotated with brat."""
    path = tmp_path / "anna"
    path.mkdir()
    (path / "one.txt").write_text(TEXT + "\n", encoding="utf-8")
    (path / "one.ann").write_text(ANN, encoding="utf-8")
    (path / "annotation.conf").write_text("[entities]\n", encoding="utf-8")
    (path / "alone.ann").write_text("", encoding="utf-8")
    return path


def suggestions(workspace):
    with Store(workspace.path) as store:
        [article] = store.articles
        return article, list(store.predictions.of(article.id, "news-stance"))


def test_annotations_become_suggestions_in_the_words_of_the_task(workspace, folder):
    result = workspace.ingest(folder, brat=Brat(labels=LABELS, relations=RELATIONS))
    article, [record] = suggestions(workspace)
    assert (record.annotator, record.article_sha256) == ("anna", article.sha256)
    assert [(one.id, one.label, one.text, dict(one.attributes)) for one in record.mentions] == [
        ("T1", "Actor", "The mayor", {}),
        ("T2", "Claim", "it is late", {}),
        ("T2-2", "Claim", "they agree", {}),
        ("T4", "Actor", "Anna Ek", {"type": "person", "wikidata": "Q42"}),
        ("T5", "Claim", "it", {"kind": "factual", "topics": ("transport", "housing")}),
    ]
    assert all(article.text[one.start : one.end] == one.text for one in record.mentions)
    assert set(record.relations) == {
        Relation("T2-2", "T2", "continues"),
        Relation("T1", "T2", "supports"),
        Relation("T4", "T5", "opposes"),
        Relation("T1", "T4", "same_as"),
    }
    assert result.brat.lost == {
        "span 'Cue': the task has no label for it": 1,
        "role Attribution:Cue: no relation is made of it": 1,
        "'supports' of 'supports': it may not join Claim to Actor": 1,
        "relation 'liKes': the task has none for it": 1,
        "'same_as' of 'same_as': one of its ends is no mention": 1,
        "attribute 'type': its value is none of Actor's type": 1,
        "attribute 'Negation': not about a mention": 1,
        "normalisation 'Wikidata': its value is none of Actor's wikidata": 1,
        "note 'AnnotatorNotes': Actor has no such attribute": 1,
    }
    assert (result.brat.documents, result.brat.mentions, result.brat.relations) == (1, 5, 4)
    assert result.brat.attributes == 4
    assert result.brat.problems == ()
    assert (result.n_skipped, result.skipped) == (1, ("annotation.conf",))
    assert (result.brat.n_alone, result.brat.alone) == (1, ("alone.ann",))


@pytest.mark.parametrize(("prefix", "annotator"), [("anna/", "anna"), ("study/anna/", "anna"), ("", "berta")])
def test_a_zip_file_gives_what_the_folder_in_it_gives(workspace, folder, tmp_path, prefix, annotator):
    path = tmp_path / "berta.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.iterdir()):
            archive.write(one, prefix + one.name)
        archive.writestr("../../up.txt", "No member is written where its name says.")
    before = set(tmp_path.rglob("*"))
    result = workspace.ingest(path, brat=Brat(labels=LABELS, relations=RELATIONS))
    with Store(workspace.path) as store:
        article = next(one for one in store.articles if one.text == TEXT)
        [record] = store.predictions.of(article.id, "news-stance")
        assert store.predictions.files(article.id) == [(f"berta.zip/{prefix}one.ann", ANN.encode())]
    assert article.source == f"berta.zip/{prefix}one.txt"
    assert record.annotator == annotator
    assert (result.new, result.brat.documents, result.brat.mentions, result.brat.relations) == (2, 1, 5, 4)
    assert (result.n_skipped, result.skipped) == (1, (f"berta.zip/{prefix}annotation.conf",))
    assert (result.brat.n_alone, result.brat.alone) == (1, (f"berta.zip/{prefix}alone.ann",))
    assert all(workspace.path in path.parents for path in set(tmp_path.rglob("*")) - before)


def test_a_damaged_zip_file_is_refused_once(workspace, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\3\4 cut off")
    result = workspace.ingest(path)
    assert [(one.source, one.code) for one in result.rejects] == [("a.zip", "R_PACKED")]


@pytest.mark.parametrize(
    ("brat", "code"),
    [
        (Brat(relations={"a:b": "supports"}), "E_USAGE"),
        (Brat(relations={"Likes": "no-such"}), "E_USAGE"),
        (Brat(labels={"Source": "No-such"}), "E_USAGE"),
        (Brat(task="no-such-task"), "E_NOT_FOUND"),
    ],
)
def test_mistakes_are_told_before_anything_is_stored(workspace, folder, brat, code):
    with pytest.raises(CurationError) as raised:
        workspace.ingest(folder, brat=brat)
    assert raised.value.code == code
    assert workspace.articles() == []


def test_the_files_are_kept_as_they_are_and_a_second_run_changes_nothing(workspace, folder):
    results = [workspace.ingest(folder, brat=Brat(mode)) for mode in ("text", "predictions", "predictions")]
    assert [(one.new, one.same, one.brat.new) for one in results] == [(1, 0, 1), (0, 1, 1), (0, 1, 0)]
    with Store(workspace.path) as store:
        [article] = store.articles
        assert store.predictions.files(article.id) == [("one.ann", ANN.encode())]
        assert len(store.predictions) == 1


def test_as_text_alone_nothing_is_suggested(workspace, folder):
    assert workspace.ingest(folder, brat=Brat("text")).brat.mentions == 0
    with Store(workspace.path) as store:
        assert len(store.predictions) == len(store.annotations) == 0


def test_as_annotations_they_are_validated_and_counted_as_the_annotators(workspace, folder):
    brat = Brat("annotations", labels=LABELS, relations=RELATIONS)
    workspace.ingest(folder, brat=brat)
    workspace.ingest(folder, brat=brat)
    [annotator] = workspace.annotators().people
    assert (annotator.pseudonym, annotator.email, annotator.submitted) == ("annotator-01", "anna@brat", 1)
    with Store(workspace.path) as store:
        [stored] = store.annotations.all()
        assert len(store.predictions) == 0
    assert stored.problems == ()
    assert [one.text for one in stored.record.mentions] == ["The mayor", "it is late", "they agree", "Anna Ek", "it"]
    assert len(stored.record.relations) == 4
    found = {finding.code for finding in workspace.validate().findings}
    assert "F_REQUIRED_MISSING" in found
    assert not found & {"F_TEXT_MISMATCH", "F_OFFSET_RANGE", "F_RAW_SCHEMA", "F_RELATION_ENDS"}


def test_several_annotators_of_one_text_are_several(workspace, folder):
    other = folder.with_name("ben")
    other.mkdir()
    (other / "same.txt").write_text(TEXT + "\n", encoding="utf-8")
    (other / "same.ann").write_text("T1\tActor 43 50\tAnna Ek\n", encoding="utf-8")
    workspace.ingest([folder, other], brat=Brat("annotations"))
    assert [(one.email, one.submitted) for one in workspace.annotators().people] == [("anna@brat", 1), ("ben@brat", 1)]
    workspace.ingest([folder, other])
    _, records = suggestions(workspace)
    assert [record.annotator for record in records] == ["anna", "ben"]
    workspace.ingest(other, brat=Brat(annotator="carla"))
    assert [record.annotator for record in suggestions(workspace)[1]] == ["anna", "ben", "carla"]


def test_maps_come_from_the_settings_too(workspace, folder):
    settings = workspace.path / "curation.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8")
        + '\n[ingest.labels]\nSource = "Claim"\nContent = "Claim"\n'
        + '[ingest.relations]\n"Attribution:Source>Content" = "supports"\n',
        encoding="utf-8",
    )
    result = curation.open(workspace.path).ingest(folder, brat=Brat(labels={"Source": "Actor"}))
    assert (result.brat.mentions, result.brat.relations) == (5, 3)


def test_a_named_text_file_brings_its_annotations(workspace, folder):
    result = workspace.ingest(folder / "one.txt")
    assert (result.brat.documents, result.brat.mentions) == (1, 2)


def test_texts_without_annotations_have_nothing_to_say(workspace, folder):
    (folder / "one.ann").unlink()
    assert workspace.ingest(folder).brat is None or workspace.ingest(folder).brat.documents == 0


def test_a_text_that_is_refused_is_told(workspace, folder):
    (folder / "two.txt").write_text(" ", encoding="utf-8")
    (folder / "two.ann").write_text("T1\tActor 0 1\tx\n", encoding="utf-8")
    result = workspace.ingest(folder)
    assert result.brat.problems == (("two.ann", "the text beside it was not taken in"),)


def test_a_relation_that_is_written_wrongly_is_told(workspace, folder):
    with pytest.raises(curation.errors.CurationError, match="'A:b' names no relation of brat's"):
        workspace.ingest(folder, options=Options(), brat=Brat(relations={"A:b": "supports"}))


def test_a_long_article_is_suggested_for_in_its_parts(workspace, folder, task):
    text = "\n\n".join(
        f"Speaker{number} said that it is late. " + "Nothing else was said. " * 10 for number in range(20)
    )
    names = [f"Speaker{number}" for number in range(20)]
    places = [(text.index(f"{name} "), name) for name in names]
    lines = [f"T{n}\tActor {at} {at + len(name)}\t{name}\n" for n, (at, name) in enumerate(places, start=1)]
    (folder / "one.txt").write_text(text, encoding="utf-8")
    (folder / "one.ann").write_text("".join(lines), encoding="utf-8")
    result = workspace.ingest(folder, longest=1000)
    assert result.brat.mentions == 20
    with Store(workspace.path) as store:
        suggestions = Suggestions(store, task)
        found = []
        parts = list(store.articles.to_annotate())
        for part in parts:
            for row in [row for one in suggestions.get(part.id, ()) for row in one["result"]]:
                value = row["value"]
                assert part.text[value["start"] : value["end"]] == value["text"]
                found.append(value["text"])
    assert len(parts) > 3
    assert found == names


def test_a_dry_run_keeps_nothing(workspace, folder):
    assert workspace.ingest(folder, dry_run=True).brat.mentions == 2
    with Store(workspace.path) as store:
        assert len(store.predictions) == len(store.articles) == 0


def test_annotations_of_which_nothing_is_a_label_are_not_taken_in(workspace, folder):
    (folder / "one.ann").write_text("T1\tSource 0 9\tThe mayor\nT2\tCue 10 14\tsaid\n", encoding="utf-8")
    with pytest.raises(CurationError, match=r"none of the types of spans .*: Cue, Source\. Fix") as raised:
        workspace.ingest(folder, brat=Brat("annotations"))
    assert (raised.value.code, workspace.articles()) == ("E_USAGE", [])
    assert "one of: Actor, Claim" in raised.value.fix
    assert workspace.ingest(folder, brat=Brat("annotations", labels={"Cue": "Claim"})).brat.mentions == 1
    (folder / "one.ann").write_text("", encoding="utf-8")
    assert workspace.ingest(folder, brat=Brat("annotations")).brat.documents == 1, "who marked nothing said so"


@pytest.mark.parametrize("zipped", [False, True])
def test_files_named_by_annotators_are_those_of_the_text(workspace, tmp_path, zipped):
    source = tmp_path / "polnear"
    for name, content in {
        "text/one.txt": TEXT, "text/one_two.txt": TEXT + " He did.", "attributions/one_anna.ann": ANN,
        "attributions/one_ben-2.ann": ANN, "attributions/one_two_cleo.ann": ANN, "text/one_dora.ann": ANN,
        "attributions/one_.ann": ANN, "attributions/none_anna.ann": ANN, "attributions/one_Ö.ann": ANN,
        "other/deep/one_eve.ann": ANN,
    }.items():  # fmt: skip
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(content, encoding="utf-8")
    if zipped:
        source = Path(shutil.make_archive(str(source), "zip", source))
    above = "polnear.zip/" if zipped else ""
    result = workspace.ingest(source)
    assert (result.new, result.brat.documents, result.n_skipped) == (2, 4, 0)
    assert sorted(name.removeprefix(above) for name in result.brat.alone) == [
        "attributions/none_anna.ann", "attributions/one_.ann", "attributions/one_Ö.ann", "other/deep/one_eve.ann",
    ]  # fmt: skip
    with Store(workspace.path) as store:
        made = {
            article.source: sorted(one.annotator for one in store.predictions.of(article.id, "news-stance"))
            for article in store.articles
        }
    assert made == {f"{above}text/one.txt": ["anna", "ben-2", "dora"], f"{above}text/one_two.txt": ["cleo"]}


def test_annotations_without_a_text_end_in_status_1(workspace, folder, run):
    (folder / "one.ann").unlink()
    told = run("ingest", folder, "-w", workspace.path)
    assert told.exit == 1
    assert "annotations without a text beside them: 1 (alone.ann)" in told.out
    assert "not read: alone.ann" not in told.out
    (folder / "alone.ann").unlink()
    assert run("ingest", folder, "-w", workspace.path).exit == 0


def test_a_zip_file_of_annotations_alone_ends_in_status_1(workspace, tmp_path, run):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.txt", TEXT)
        archive.writestr("other.ann", ANN)
    told = run("ingest", tmp_path / "a.zip", "-w", workspace.path)
    assert told.exit == 1
    assert "annotations without a text beside them: 1 (a.zip/other.ann)" in told.out


def test_two_texts_of_one_name_leave_an_annotation_alone(workspace, tmp_path):
    for name in ("a/one.txt", "b/one.txt", "c/one_anna.ann"):
        (tmp_path / "s" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "s" / name).write_text(TEXT + name, encoding="utf-8")
    assert workspace.ingest(tmp_path / "s").brat.alone == ("c/one_anna.ann",)
