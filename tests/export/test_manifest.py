from __future__ import annotations

import json
import shutil

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
    assert found.files == 16
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
