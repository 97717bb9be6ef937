"""Writing a dataset in a format: whole or not at all, once, and with one line on what stands in the way."""

from __future__ import annotations

import json
import sys

import pytest

from curation.errors import CurationError
from curation.export.formats import FORMATS, named, write, write_folder
from curation.export.reading import Dataset
from curation.folders.manifest import MANIFEST, verify
from tests.export.formats.conftest import make, small_cases


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The small dataset, made once more elsewhere."""
    return make(tmp_path_factory.mktemp("elsewhere") / "small", small_cases())


TEXTUAL = ("conll", "brat", "spacy", "dna")


@pytest.mark.parametrize("name", FORMATS)
def test_a_second_run_does_nothing_and_what_is_there_verifies(small, name, tmp_path):
    first = write(small, named(name), tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = write(small, named(name), tmp_path / "out")
    assert (first.changed, again.changed) == (True, False)
    assert first.digest == again.digest
    assert (first.lost, first.files, first.bytes) == (again.lost, again.files, again.bytes)
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert verify(tmp_path / "out").ok
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_dataset_elsewhere_gives_the_same_bytes(small, copy, name, tmp_path):
    first, second = (write(one, named(name), tmp_path / out) for one, out in ((small, "a"), (copy, "b")))
    assert first.digest == second.digest


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_says_what_is_not_in_it(small, name, tmp_path):
    result = write(small, named(name), tmp_path / "out")
    told = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert result.loses in told
    assert all(what in told for what in result.lost)


def test_another_option_or_dataset_or_a_flipped_bit_is_written_anew(small, tmp_path):
    out = tmp_path / "out"
    first = write(small, named("csv"), out)
    second = write(small, named("csv"), out, {"bom": "yes"})
    assert second.changed
    assert first.digest != second.digest
    damaged = out / "gold" / "train.csv"
    good = damaged.read_bytes()
    damaged.write_bytes(good[:-1] + b"X")
    assert write(small, named("csv"), out, {"bom": "yes"}).changed
    assert damaged.read_bytes() == good
    other = make(tmp_path / "other", small_cases()[:2])
    assert write(other, named("csv"), out, {"bom": "yes"}).changed


def test_nothing_else_is_replaced(small, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for folder in (tmp_path / "mine", small.folder):
        with pytest.raises(CurationError) as caught:
            write(small, named("csv"), folder)
        assert caught.value.code == "E_EXISTS"
    write(small, named("csv"), tmp_path / "out")
    with pytest.raises(CurationError, match="E_EXISTS"):
        write(small, named("jsonl"), tmp_path / "out")


def test_what_was_written_is_no_dataset_to_write(small, tmp_path):
    write(small, named("jsonl"), tmp_path / "out")
    with pytest.raises(CurationError, match="but something else of ours"):
        write(Dataset(tmp_path / "out"), named("csv"), tmp_path / "again")


def test_it_is_written_beside_the_dataset(tmp_path):
    make(tmp_path / "small", small_cases())
    assert write_folder(tmp_path / "small", named("dna")).path == tmp_path / "small.dna"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("csv", {"separator": "pipe"}, "separator cannot be 'pipe'. Fix: one of: comma, semicolon, tab"),
        ("csv", {"colour": "red"}, "csv has no option 'colour'. Fix: one of: separator, bom"),
        ("jsonl", {"bom": "yes"}, "jsonl has no option 'bom'. Fix: it has none: leave it out"),
    ],
)
def test_options_that_there_are_not(small, name, options, message, tmp_path):
    with pytest.raises(CurationError) as caught:
        write(small, named(name), tmp_path / "out", options)
    assert str(caught.value) == f"error[E_USAGE]: {message}"


def test_formats_that_there_are_not():
    with pytest.raises(
        CurationError, match=r"there is no format 'xml'.*parquet, jsonl, csv, conll, brat, spacy, dna, graphml, gexf"
    ):
        named("xml")


@pytest.mark.parametrize("name", TEXTUAL)
def test_without_its_config_a_format_says_which(name, tmp_path):
    dataset = make(tmp_path / "small", small_cases(), configs=("stance",))
    with pytest.raises(CurationError, match=r"has no config '\w+', which \w+ is made from.*export\.toml") as caught:
        write(dataset, named(name), tmp_path / "out")
    assert caught.value.code == "E_NOT_FOUND"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "library"), [("spacy", "spacy"), ("graphml", "networkx"), ("gexf", "networkx")])
def test_without_its_library_a_format_names_the_extra(small, name, library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        CurationError, match=rf"needs {library}.*pip install 'curation\[{named(name).extra}\]'"
    ) as caught:
        write(small, named(name), tmp_path / "out")
    assert caught.value.code == "E_EXTRA_MISSING"


def test_formats_without_a_library_need_none():
    assert {form.name for form in FORMATS.values() if form.library} == {"spacy", "graphml", "gexf"}


def test_the_manifest_says_what_it_was_made_from(small, tmp_path):
    write(small, named("dna"), tmp_path / "out")
    told = json.loads((tmp_path / "out" / MANIFEST).read_text(encoding="utf-8"))
    assert told["made_from"] == {"name": "small", "digest": small.facts["digest"]}
    assert told["options"] == {"concept": "auto", "persons": "person"}
    assert str(tmp_path) not in json.dumps(told)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The small dataset as it is published where its texts may not be."""
    return make(tmp_path_factory.mktemp("bare") / "small", small_cases(), texts=False)


@pytest.mark.parametrize("name", TEXTUAL)
def test_formats_of_texts_refuse_a_dataset_without_them(bare, name, tmp_path):
    with pytest.raises(CurationError) as caught:
        write(bare, named(name), tmp_path / "out")
    assert "comes without the texts" in str(caught.value)
    assert "`curation rehydrate" in caught.value.fix
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(set(FORMATS) - set(TEXTUAL)))
def test_all_others_can_do_without(bare, name, tmp_path):
    result = write(bare, named(name), tmp_path / "out")
    assert result.changed
    if name == "graphml":
        told = (tmp_path / "out" / "two-mode.graphml").read_text(encoding="utf-8")
        assert "Ida Vance" in told
        assert result.lost["statement of an actor without a name, in a dataset without texts"] == 3
