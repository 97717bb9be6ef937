"""Builds in blocks of articles: many shards, and going on where a build was cut off."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from curation.errors import CurationError
from curation.export import build, load_check
from curation.export.reading import Dataset
from curation.export.writer import Writer


def built(study, *, block=3):
    return build(study.store, study.export, study.task, study.schemas, study.out, block=block)


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def leftovers(study):
    return sorted(path.name for path in study.out.parent.iterdir() if path != study.out)


def cut_off(monkeypatch, at):
    """Builds die when they come to the article of that id."""
    written = []
    real = Writer._write

    def write(self, folder, articles, step):
        if at in articles:
            (folder / "gold").mkdir()
            (folder / "gold" / "train.parquet").write_bytes(b"PAR1 half")
            raise KeyboardInterrupt
        written.append(articles[0])
        return real(self, folder, articles, step)

    monkeypatch.setattr(Writer, "_write", write)
    return written


def test_many_shards_hold_the_rows_of_one(study, new_study):
    study.fill(11)
    result = built(study)
    other = new_study("other")
    other.fill(11)
    other.build()
    for config in result.configs:
        for split in result.configs[config]:
            assert list(Dataset(study.out).rows(config, split)) == list(Dataset(other.out).rows(config, split))
    shards = Dataset(study.out).files("annotations", "train")
    assert len(shards) > 1
    assert [path.name for path in shards] == [
        f"train-{number:05d}-of-{len(shards):05d}.parquet" for number in range(len(shards))
    ]
    assert load_check(study.out) == result.configs
    assert leftovers(study) == []


def test_a_build_that_was_cut_off_goes_on(study, new_study, monkeypatch):
    study.fill(12)
    with monkeypatch.context() as patch:
        first = cut_off(patch, "article-007")
        with pytest.raises(KeyboardInterrupt):
            built(study)
    assert first == ["article-000", "article-003"]
    assert not study.out.exists()
    with monkeypatch.context() as patch:
        second = cut_off(patch, "none")
        assert built(study).changed
    assert second == ["article-006", "article-009"]
    assert leftovers(study) == []
    other = new_study("other")
    other.fill(12)
    built(other)
    assert digests(study.out) == digests(other.out)


def test_blocks_of_another_state_are_written_anew(study, make_article, make_annotation, monkeypatch):
    study.fill(8)
    with monkeypatch.context() as patch:
        cut_off(patch, "article-007")
        with pytest.raises(KeyboardInterrupt):
            built(study)
    study.add_articles([make_article(40)])
    study.add(make_annotation(make_article(40), "annotator-01"))
    with monkeypatch.context() as patch:
        written = cut_off(patch, "none")
        assert built(study).articles == 9
    assert written == ["article-000", "article-003", "article-006"]


def test_the_standing_build_outlives_a_failed_one(study, make_article, make_annotation, monkeypatch):
    study.fill(5)
    built(study)
    before = digests(study.out)
    study.add_articles([make_article(41)])
    study.add(make_annotation(make_article(41), "annotator-01"))

    def full(self, folder, articles, step):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_write", full)
        with pytest.raises(CurationError) as failed:
            built(study)
    assert failed.value.code == "E_DISK"
    assert digests(study.out) == before
    assert built(study).articles == 6


def test_what_was_measured_is_not_measured_again_after_a_build_was_cut_off(study):
    study.fill(6)
    whole = study.build(measured=True).digest
    shutil.rmtree(study.out)
    asked = []

    def agreement(held_out):
        asked.append(held_out)
        return study.agreement(held_out)

    def cut_off(done, total):
        raise KeyboardInterrupt

    arguments = (study.store, study.export, study.task, study.schemas, study.out)
    with pytest.raises(KeyboardInterrupt):
        build(*arguments, agreement=agreement, progress=cut_off)
    assert not study.out.exists()
    assert build(*arguments, agreement=agreement).digest == whole
    assert len(asked) == 1
    assert not list(study.out.parent.glob(".*"))
