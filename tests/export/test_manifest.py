from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.export import verify
from curation.folders.manifest import MANIFEST, digest_of, write_manifest


@pytest.fixture
def copy(built, tmp_path):
    study, _ = built
    return shutil.copytree(study.out, tmp_path / "copy")


def test_a_build_verifies(built):
    study, result = built
    found = verify(study.out)
    assert found.ok
    assert found.name == "news-stance"
    assert found.files == sum(path.is_file() for path in study.out.rglob("*")) - 1
    assert digest_of(study.out) == result.digest


def test_what_the_manifest_says(built):
    study, result = built
    manifest = json.loads((study.out / MANIFEST).read_text())
    assert manifest["task_digest"] == study.task.digest
    assert manifest["rows"] == result.configs
    assert manifest["digest"] == result.digest
    assert (manifest["articles"], manifest["annotations"], manifest["quarantined"]) == (30, 78, 1)
    assert manifest["made_with"].keys() == {"curation", "datasets", "pyarrow"}


def test_missing_and_extra_files(copy):
    (copy / "gold" / "train-00000-of-00001.parquet").unlink()
    (copy / "gold" / "train-00001-of-00002.parquet").write_bytes(b"")
    (copy / "notes").mkdir()
    (copy / "notes" / "a.txt").touch()
    found = verify(copy)
    assert found.missing == ("gold/train-00000-of-00001.parquet",)
    assert found.extra == ("gold/train-00001-of-00002.parquet", "notes/a.txt")
    assert found.changed == ()
    assert not found.ok


def test_a_folder_without_a_manifest(tmp_path):
    with pytest.raises(CurationError) as error:
        verify(tmp_path)
    assert error.value.code == "E_NOT_FOUND"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_found(built, tmp_path, data):
    study, _ = built
    copy = tmp_path / "copy"
    if not copy.exists():
        shutil.copytree(study.out, copy)
    names = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from(names))
    good = (copy / name).read_bytes()
    bit = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    try:
        (copy / name).write_bytes(bad)
        found = verify(copy)
        assert name in found.changed
        assert not found.ok
    finally:
        (copy / name).write_bytes(good)
    assert verify(copy).ok


def test_three_hundred_flips_and_truncations_of_any_file_are_found(copy):
    dice = random.Random(11)
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    for number in range(300):
        path = files[number % len(files)]
        good = path.read_bytes()
        bad = bytearray(good)
        if number // len(files) % 2:
            bad = bad[: dice.randrange(len(bad))]
        else:
            bit = dice.randrange(len(bad) * 8)
            bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        found = verify(copy)
        path.write_bytes(good)
        assert found.changed == (path.relative_to(copy).as_posix(),), f"{number}: {path.name}"
    assert verify(copy).ok


def test_every_single_byte_less_at_the_end_of_the_manifest_is_found(copy):
    """The last newline, and white space between values, mean nothing to a reader of JSON."""
    text = (copy / MANIFEST).read_text()
    for other in (
        text[:-1],
        text + "\n",
        text.replace("\n  ", "\n   ", 1),
        json.dumps(json.loads(text)),
        "\ufeff" + text,
    ):
        (copy / MANIFEST).write_text(other)
        assert verify(copy).changed == (MANIFEST,)


def test_a_manifest_that_was_edited_together_with_its_file_is_found(copy):
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"]["README.md"]["sha256"] = "0" * 64
    (copy / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    assert verify(copy).changed == (MANIFEST,)


def test_empty_folders_links_and_odd_names_are_extra(copy, tmp_path):
    (copy / "empty" / "inner").mkdir(parents=True)
    (copy / "gold" / "loop").symlink_to(copy, target_is_directory=True)
    (copy / "dangling").symlink_to("nowhere")
    (copy / "two\nlines").touch()
    Path(os.fsdecode(os.fsencode(copy) + b"/\xff.md")).touch()
    os.mkfifo(copy / "pipe")
    found = verify(copy)
    assert set(found.extra) == {"empty/inner/", "gold/loop", "dangling", "two\nlines", "\\xff.md", "pipe"}
    assert (found.changed, found.missing) == ((), ())
    "".join(found.extra).encode()


def test_a_link_or_a_folder_in_the_place_of_a_file_is_a_change(copy, tmp_path):
    shutil.move(copy / "README.md", tmp_path / "README.md")
    (copy / "README.md").symlink_to(tmp_path / "README.md")
    assert verify(copy).changed == ("README.md",)
    (copy / "README.md").unlink()
    (copy / "README.md").mkdir()
    found = verify(copy)
    assert (found.missing, found.extra) == (("README.md",), ("README.md/",))
    shutil.move(copy / MANIFEST, tmp_path / MANIFEST)
    (copy / MANIFEST).symlink_to(tmp_path / MANIFEST)
    assert verify(copy).changed == (MANIFEST,)


def test_a_download_from_the_hub_verifies_as_it_lies_in_the_cache_or_in_a_folder(built, tmp_path):
    study, _ = built
    snapshot = tmp_path / "datasets--us--data" / "snapshots" / "0a1b"
    blobs = tmp_path / "datasets--us--data" / "blobs"
    blobs.mkdir(parents=True)
    for number, path in enumerate(sorted(path for path in study.out.rglob("*") if path.is_file())):
        shutil.copy(path, blobs / str(number))
        link = snapshot / path.relative_to(study.out)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blobs / str(number), link.parent))
    assert verify(snapshot).ok
    (blobs / "0").write_bytes(b"other")
    assert not verify(snapshot).ok

    local = shutil.copytree(study.out, tmp_path / "local")
    (local / ".gitattributes").write_text("*.parquet filter=lfs")
    (local / ".cache" / "huggingface" / "download").mkdir(parents=True)
    (local / ".cache" / "huggingface" / "download" / "README.md.metadata").touch()
    assert verify(local).ok
    (local / ".cache" / "mine").touch()
    assert verify(local).extra == (".cache/mine",)


words = st.text(st.characters(codec="utf-8"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(words, json_values, max_size=4))
def test_any_facts_survive(tmp_path, facts):
    facts = {key: value for key, value in facts.items() if key not in ("format", "files", "digest")} | {"name": "x"}
    (tmp_path / MANIFEST).unlink(missing_ok=True)
    (tmp_path / "file").write_text("content")
    assert write_manifest(tmp_path, facts) == digest_of(tmp_path)
    assert verify(tmp_path).ok


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '"x"', "{", '{"format": 1}', '{"format": 1, "digest": "", "files": {}}', "[" * 100_000]
)
def test_any_other_manifest_is_damage_and_not_a_crash(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    found = verify(tmp_path)
    assert found.changed == (MANIFEST,)
    assert found.name is None
